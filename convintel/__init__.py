"""Recorded sales calls in a folder become weekly coaching pages, offline, with the evidence behind every sentence.

The line through the code, left to right; a module imports only what stands left of it::

    recordings -> transcript -> turns -> signals -> themes -> outcomes -> coaching -> report

`pipeline` runs the whole line; `flows/` and `cli` are its only callers.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
