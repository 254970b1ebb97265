"""Prefect's settings for a private, single-machine product. Import this before anything of Prefect.

Values that the user has set in the environment win.
"""

from __future__ import annotations

import os
from pathlib import Path

_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # no telemetry from the server
    "DO_NOT_TRACK": "1",  # nor from the SDK
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",  # the default 20 s fails on a busy office machine
    # else its database would grow by hundreds of runs a day for years; they are kept for 90 days
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    "PREFECT_CLIENT_METRICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
}


def configure(home: Path) -> None:
    """Set what is not set yet; `home` holds Prefect's own database when no server is configured."""
    if "PREFECT_HOME" not in os.environ:
        home.mkdir(parents=True, exist_ok=True)  # Prefect makes only the last folder, then waits in vain for its server
        os.environ["PREFECT_HOME"] = str(home)
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
