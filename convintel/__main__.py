"""`python -m convintel` is the command line."""

from convintel.cli import main

main()
