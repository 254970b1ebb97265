"""The whole line, for `flows/` and the command line, which are its only callers.

`survey` looks at the inbox and knows, by content keys, what is done and what is not; `process` takes the new calls
through the stages that look at one call, in worker processes; `weekly` runs the stages that look at all calls and
writes the report; `run` puts them together into the two steps that can be repeated at will.
"""

from convintel.pipeline.away import Exchange, away, exchange, left_at, recover
from convintel.pipeline.delivery import Delivered, deliver, prepare
from convintel.pipeline.forgotten import read_forgotten, remember_forgotten
from convintel.pipeline.process import CallOutcome, Processing, set_aside
from convintel.pipeline.run import PATIENCE, IngestResult, ingest, make_report, read_report
from convintel.pipeline.shard import ShardDiedError, fingerprint, process_shard
from convintel.pipeline.survey import STAGE_TABLES, Job, Survey, pending_jobs, survey
from convintel.pipeline.tidy import erase, stored_calls
from convintel.pipeline.weekly import WeeklyResult, used_models
from convintel.pipeline.weeks import newest_week

__all__ = [
    "PATIENCE",
    "STAGE_TABLES",
    "CallOutcome",
    "Delivered",
    "Exchange",
    "IngestResult",
    "Job",
    "Processing",
    "ShardDiedError",
    "Survey",
    "WeeklyResult",
    "away",
    "deliver",
    "erase",
    "exchange",
    "fingerprint",
    "ingest",
    "left_at",
    "make_report",
    "newest_week",
    "pending_jobs",
    "prepare",
    "process_shard",
    "read_forgotten",
    "read_report",
    "recover",
    "remember_forgotten",
    "set_aside",
    "stored_calls",
    "survey",
    "used_models",
]
