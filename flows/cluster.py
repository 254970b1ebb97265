"""New calls taken in by a Dask cluster: one task a shard of calls, with the worker pool inside it.

The flow alone plans the work and writes the ledger; machines of the cluster write results to the shared store, or to an
object store from which the flow takes them. A machine that goes down costs the calls that it had in hand: Dask gives
its shard to another, which finds the rest there. A call under which every machine goes down ends set aside: what is
lost is tried call by call, then one by one.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import httpx
from prefect import flow, get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL
from prefect.states import Crashed

from convintel import pipeline
from convintel.errors import ConvintelError, MissingExtraError, SettingsError
from convintel.settings import Delivery, Settings
from convintel.share import Share
from convintel.store import Store

if TYPE_CHECKING:
    from prefect_dask.task_runners import PrefectDaskFuture

    Shard = Sequence[pipeline.Job]

_LOOK_SECONDS: Final = 10.0  # between looks at a cluster from which nothing is heard
_ALONE_SECONDS: Final = 600.0  # so long the flow waits for a first or another machine
_LOST: Final = ("cancelled", "lost")


def take_in(
    workspace: str, since: date | None, workers: int | None, scheduled: bool, settings: Settings
) -> pipeline.IngestResult:
    """Process every new call of the inbox on the cluster of the settings.

    Raises:
        MissingExtraError: prefect-dask is not installed.
        SettingsError: workers could not reach the Prefect server of this run.
        ConvintelError: the cluster cannot be reached, or has no machine.
    """
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError as error:
        raise MissingExtraError(
            'runner = "dask" needs prefect-dask', remedy="install the extra: pip install 'convintel[cluster]'"
        ) from error
    _check_server(settings.run.scheduler)
    on_cluster = _take_in.with_options(task_runner=DaskTaskRunner(address=settings.run.scheduler))
    taken: Any = on_cluster(str(Path(workspace).resolve()), since, workers, scheduled)
    return cast("pipeline.IngestResult", taken)


@flow(name="take in new calls on a cluster")
def _take_in(workspace: str, since: date | None, workers: int | None, scheduled: bool) -> Any:
    return pipeline.ingest(
        Path(workspace), since=since, workers=workers, scheduled=scheduled, process=process_on_cluster
    )


@task(name="take in a shard", cache_policy=NO_CACHE)
def take_in_shard(
    jobs: Sequence[pipeline.Job], place: Store | Share, settings: Settings, workers: int | None, made_by: str
) -> list[pipeline.CallOutcome]:
    """Process some calls on the machine where this runs, which shares the store's folder or an object store."""
    if pipeline.fingerprint() != made_by:
        raise ConvintelError(
            "this machine has other code or libraries than the flow, and could give other results",
            where=platform.node(),
            remedy="install the same version with requirements.lock on all machines, then restart the Dask workers",
        )
    workers = workers or _cores(settings)
    if isinstance(place, Store):
        return pipeline.process_shard(jobs, store=place, settings=settings, workers=workers)
    with pipeline.away(jobs, place, _own_folder()) as (moved, store):
        return pipeline.process_shard(moved, store=store, settings=settings, workers=workers)


def process_on_cluster(
    jobs: Sequence[pipeline.Job],
    *,
    store: Store,
    settings: Settings,
    workers: int | None,
    on_outcome: Callable[[pipeline.CallOutcome], None],
) -> None:
    """Process all jobs on the cluster of the running flow; a `pipeline.Processing`."""
    left = {job.call["call_id"]: job for job in jobs}
    told = settings.model_copy(update={"delivery": Delivery()})  # addresses and passwords stay on this machine
    through = pipeline.exchange(jobs, store, settings) if settings.run.share else nullcontext()
    with through as exchange:

        def submit(shard: Shard) -> PrefectDaskFuture[Any]:
            if exchange:
                exchange.send(shard)
            place = exchange.share if exchange else store
            return cast("Any", take_in_shard.submit(shard, place, told, workers, pipeline.fingerprint()))

        for size, at_once in ((settings.run.shard_calls, None), (1, None), (1, 1)):
            for outcomes in _work_off(shards(list(left.values()), size), submit, at_once):
                for outcome in outcomes:
                    job = left.pop(outcome.call_id)
                    on_outcome(exchange.take(job, outcome) if exchange else outcome)
    for job in left.values():
        on_outcome(
            pipeline.set_aside(
                job,
                "each machine of the cluster that took this call went down",
                "look at the memory of the machines, or export the recording again",
            )
        )


def shards(jobs: Sequence[pipeline.Job], size: int) -> list[Shard]:
    """Deal calls, which come longest first, into as few shards of at most `size` as will do: alike in length."""
    count = -(-len(jobs) // size)
    return [jobs[start::count] for start in range(count)]


def _work_off(
    waiting: list[Shard], submit: Callable[[Shard], PrefectDaskFuture[Any]], at_once: int | None
) -> Iterator[list[pipeline.CallOutcome]]:
    """Yield the outcomes of shards as they end; nothing for those whose machines went down.

    Two shards a machine are on their way at a time: a backlog of months need not fit into the scheduler. What has been
    read is let go at once, or Dask would make it again when its machine goes down.
    """
    waiting = list(reversed(waiting))
    under_way: list[PrefectDaskFuture[Any]] = []
    machines = _Machines()
    while waiting or under_way:
        while waiting and len(under_way) < (at_once or 2 * max(1, machines.count())):
            under_way.append(submit(waiting.pop()))
        ended = machines.wait(under_way)
        under_way = [future for future in under_way if future not in ended]
        while ended:
            outcomes = _outcomes(ended.pop())
            if outcomes is not None:
                yield outcomes


def _outcomes(future: PrefectDaskFuture[Any]) -> list[pipeline.CallOutcome] | None:
    from distributed import KilledWorker

    if future.wrapped_future.status in _LOST:
        raise ConvintelError("the Dask scheduler went away", remedy="start it again; the next run goes on")
    try:
        outcomes: list[pipeline.CallOutcome] = future.result()
    except KilledWorker as error:
        _close(future, str(error))
        return None
    except pipeline.ShardDiedError:
        return None
    return outcomes


def _close(future: PrefectDaskFuture[Any], why: str) -> None:
    """Have the server know that a task run ended whose machine could not say so, if it heard of its beginning."""
    with suppress(httpx.HTTPError), get_client(sync_client=True) as client:
        client.set_task_run_state(future.task_run_id, Crashed(message=why), force=True)


class _Machines:
    """The cluster of the running flow, looked at while it works."""

    def __init__(self) -> None:
        context = FlowRunContext.get()
        if context is None:
            raise ConvintelError("work can be spread over a cluster only within a flow run")
        runner: Any = context.task_runner
        try:
            self._client = runner.client
        except (OSError, TimeoutError) as error:
            raise ConvintelError(
                f"the Dask scheduler does not answer: {error}",
                where=runner.address,
                remedy="start it, or change [run] scheduler",
            ) from error
        self._last_seen = time.monotonic()

    def count(self) -> int:
        """Return how many Dask workers there are."""
        return len(self._client.nthreads())

    def wait(self, futures: Sequence[PrefectDaskFuture[Any]]) -> list[PrefectDaskFuture[Any]]:
        """Return those that have ended, at least one.

        Raises:
            ConvintelError: no machine was there for ten minutes.
        """
        import distributed

        while True:
            try:
                with self._client.as_current():
                    distributed.wait(
                        [future.wrapped_future for future in futures],
                        timeout=_LOOK_SECONDS,
                        return_when="FIRST_COMPLETED",
                    )
            except TimeoutError:
                self._look()
            except distributed.CancelledError:
                pass  # told by the state of the futures
            if ended := [future for future in futures if future.wrapped_future.done()]:
                return ended

    def _look(self) -> None:
        if self.count():
            self._last_seen = time.monotonic()
        elif time.monotonic() - self._last_seen > _ALONE_SECONDS:
            raise ConvintelError(
                f"the Dask cluster had no worker for {_ALONE_SECONDS / 60:.0f} minutes",
                remedy="start workers (docs/cluster.md); the next run goes on",
            )


def _own_folder() -> Path:
    """Return the folder of the Dask worker: if it is killed, the next one on this machine deletes it."""
    from distributed import get_worker

    return Path(get_worker().local_directory)


def _cores(settings: Settings) -> int | None:
    """Return how many processes a shard may use when its machine works on several shards at a time; None = all."""
    from distributed import get_worker

    threads = get_worker().state.nthreads
    return None if settings.run.workers else max(1, len(os.sched_getaffinity(0)) // threads)


def _check_server(scheduler: str) -> None:
    """Refuse a Prefect server that only this machine can reach; workers would start one each and record nothing."""
    url = PREFECT_API_URL.value() or ""
    local = ("127.0.0.1", "localhost", "::1")
    alone = urlsplit(url).hostname in local and urlsplit(scheduler).hostname not in local
    if not url or alone:
        raise SettingsError(
            "a cluster needs a Prefect server that its machines can reach",
            where="PREFECT_API_URL",
            remedy="set it to such a server here and where the Dask workers start (docs/cluster.md)",
        )
