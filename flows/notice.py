"""A scheduled run that failed is told to those whom `[delivery] failures` names, at most once a day each."""

from __future__ import annotations

import logging
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from convintel.errors import ConvintelError
from convintel.report.notice import failure_notices
from convintel.report.send import send
from convintel.settings import FILE_NAME, load

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State

_log = logging.getLogger("convintel.notice")


def tell(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Send the notice of a scheduled run; a hook of the flows."""
    if flow_run.deployment_id is None or _told_today(flow_run):
        return
    root = Path(str(flow_run.parameters.get("workspace", "")))
    for message in failure_notices(
        addresses(root),
        run="weekly" if flow.name == "weekly" else "inbox",
        folder=root.name,
        when=datetime.now(UTC),
        error=None if state.is_crashed() else _error(state),
    ):
        if trouble := send(message):
            _log.error("the failure notice (%s) was not delivered: %s", message.service, trouble)


def _error(state: State[Any]) -> BaseException:
    found = state.data if isinstance(state.data, BaseException) else state.result(raise_on_failure=False)
    return found if isinstance(found, BaseException) else RuntimeError()


def addresses(root: Path) -> tuple[SecretStr, ...]:
    """Return who is to hear of failures, also when it is the settings that cannot be used."""
    try:
        return load(root).delivery.failures
    except ConvintelError:
        return _addresses_as_written(root / FILE_NAME)


def _addresses_as_written(file: Path) -> tuple[SecretStr, ...]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8")).get("delivery", {}).get("failures", ())
        return tuple(SecretStr(url) for url in written if isinstance(url, str))
    except (OSError, ValueError, AttributeError, TypeError):
        return ()


def _told_today(run: FlowRun) -> bool:
    """Tell whether a run of the same schedule failed before, today: every five minutes is 288 times a day."""
    from prefect import get_client
    from prefect.client.schemas.filters import FlowRunFilter

    failed = FlowRunFilter.model_validate(
        {
            "deployment_id": {"any_": [run.deployment_id]},
            "state": {"name": {"any_": ["Failed", "Crashed"]}},
            "end_time": {"after_": datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)},
            "id": {"not_any_": [run.id]},
        }
    )
    try:
        with get_client(sync_client=True) as client:
            return bool(client.read_flow_runs(flow_run_filter=failed, limit=1))
    except Exception:  # the server is gone as well: all the more reason to tell
        return False
