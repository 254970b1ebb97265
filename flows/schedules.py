"""The two schedules of a workspace, with the Prefect server that `flows.serve` has found or started."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.exceptions import TerminationSignal
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL
from prefect.states import Crashed

from convintel.store import content_key
from flows.ingest import inbox
from flows.timetable import missed
from flows.weekly import weekly

if TYPE_CHECKING:
    from uuid import UUID

    from prefect import Flow, State
    from prefect.deployments.runner import RunnerDeployment

    from convintel.settings import Settings
    from convintel.workspace import Workspace


def serve_schedules(workspace: Workspace, settings: Settings) -> None:
    """Register both schedules, catch up a weekly run that was missed, and start runs until told to stop."""
    runner = Runner(pause_on_shutdown=False)
    where, zone, run = str(workspace.root), settings.company.timezone, settings.run
    here = f"{workspace.root.name} {content_key(where)[:6]}"  # several workspaces may share a server
    ids = [
        cast("UUID", runner.add_deployment(_deployment(flow, f"{flow.name} of {here}", cron, zone, where)))
        for flow, cron in ((inbox, run.schedule_inbox), (weekly, run.schedule_weekly))
    ]
    _end_what_was_killed(ids)
    if due := missed(workspace, run.schedule_weekly, settings.company.zone, datetime.now(UTC)):
        _catch_up(ids[1], due)
    sys.stderr.write(
        f"serving {where}: inbox at {run.schedule_inbox}, report at {run.schedule_weekly} ({zone}); "
        f"the runs: {str(PREFECT_API_URL.value()).removesuffix('/api')}\n"
    )
    with suppress(KeyboardInterrupt, TerminationSignal):
        asyncio.run(runner.start())


def _deployment(flow: Flow[Any, Any], name: str, cron: str, zone: str, workspace: str) -> RunnerDeployment:
    made = flow.to_deployment(name, schedule=Cron(cron, timezone=zone), parameters={"workspace": workspace})
    return cast("RunnerDeployment", made)  # a coroutine only when called from one


def _end_what_was_killed(deployments: list[UUID]) -> None:
    """Have the server know that runs ended whose machine went down: this process alone starts them, and none lives."""
    left = FlowRunFilter.model_validate(
        {"deployment_id": {"any_": deployments}, "state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}}
    )
    ended: State[Any] = Crashed(name="Killed", message="its machine or service went down")
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=left):
            client.set_flow_run_state(run.id, ended, force=True)


def _catch_up(deployment: UUID, due: datetime) -> None:
    """Start the weekly run that was due then; runs that the server still has of older weeks find nothing to do."""
    with get_client(sync_client=True) as client:
        client.create_flow_run_from_deployment(
            deployment, name=f"caught up, due {due:%Y-%m-%d %H:%M}", idempotency_key=f"due {due.isoformat()}"
        )
