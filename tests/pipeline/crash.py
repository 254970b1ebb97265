"""Processes that die; a module of its own because worker processes must be able to import it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from convintel.pipeline.process import CallOutcome
from convintel.pipeline.survey import Job
from convintel.settings import Settings
from convintel.transcript import Recogniser, load_recogniser, remote, serve


@dataclass(frozen=True)
class DiesOn:
    """Stands in for the worker's function: the process of one call is killed, as by the system's memory killer."""

    call_id: str

    def __call__(self, job: Job, store: Path, settings: Settings, address: str | None) -> CallOutcome:
        if job.call["call_id"] == self.call_id:
            os.kill(os.getpid(), signal.SIGKILL)
        return CallOutcome(job.call["call_id"], job.call["path"], "done", "k", 0.0)


def dies(address: str, settings: Settings, gpu: int) -> None:
    """Stands in for `transcript.serve`: dies, as when a GPU has no memory left for the model."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class ServesUntilMono:
    """Stands in for `transcript.serve`: the real recogniser, killed by recordings in which several may speak at once.

    Notes in a file how many packs each of its processes was asked for at a time.
    """

    notes: Path

    def __call__(self, address: str, settings: Settings, gpu: int) -> None:
        remote.load_recogniser = self.load
        serve(address, settings, gpu)
        self.note("begun")

    def load(self, settings: Settings, **how: object) -> Recogniser:
        recogniser = load_recogniser(settings, **how)
        transcribe = recogniser.transcribe

        def checked(sounds, **options):
            self.note(str(len(sounds)))
            if options["several"]:
                os.kill(os.getpid(), signal.SIGKILL)
            return transcribe(sounds, **options)

        recogniser.transcribe = checked
        return recogniser

    def note(self, what: str) -> None:
        with self.notes.open("a") as file:
            file.write(what + "\n")
