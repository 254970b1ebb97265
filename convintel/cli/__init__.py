"""The command line: `convintel COMMAND`. Exit 0 done, 1 something failed, 2 wrong usage or settings.

Heavy libraries are imported inside the commands, so that `convintel --help` answers at once.
"""

from convintel.cli.app import main

__all__ = ["main"]
