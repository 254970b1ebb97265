"""A worker that dies; a module of its own because worker processes must be able to import it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from convintel.pipeline.process import CallOutcome
from convintel.pipeline.survey import Job
from convintel.settings import Settings


@dataclass(frozen=True)
class DiesOn:
    """Stands in for the worker's function: the process of one call is killed, as by the system's memory killer."""

    call_id: str

    def __call__(self, job: Job, store: Path, settings: Settings) -> CallOutcome:
        if job.call["call_id"] == self.call_id:
            os.kill(os.getpid(), signal.SIGKILL)
        return CallOutcome(job.call["call_id"], job.call["path"], "done", "k", 0.0)
