"""Recorded sales calls in a folder become weekly coaching pages, offline, with the evidence behind every sentence.

The line through the code, left to right; a module imports only what stands left of it::

    recordings -> transcript -> turns -> signals -> themes -> outcomes -> coaching -> report

`pipeline` runs the whole line; `flows/` and `cli` are its only callers.
"""

import os

__all__ = ["__version__"]

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime 1.31 would report to its maker; it looks when it is loaded

__version__ = "0.1.0"
