"""Every error that convintel raises on purpose.

::

    ConvintelError                  what, where (file, row) and what to do
    ├── SettingsError               convintel.toml or the environment is wrong (exit code 2)
    ├── WorkspaceError              the folder is not a workspace, or cannot be read or written
    ├── ShareError                  the object store of a cluster cannot be used, or the run there has ended
    ├── ModelError                  a model is missing, incomplete or has the wrong digest
    ├── RecogniserDiedError         the process that recognises for all workers has ended; its calls are tried again
    ├── RecordingError              one recording cannot be used; it is set aside, the rest goes on
    │   ├── DamagedRecordingError   no audio could be decoded
    │   ├── UnreadableError         the file cannot be read now, which may pass
    │   ├── NoSpeechError           decoded, but nobody speaks
    │   └── TranscriptFormatError   a ready-made transcript cannot be read
    └── MissingExtraError           an optional library is not installed; names the extra

Rows of a table that cannot be used are not errors: they are listed in the report (`tables.Unused`).
"""

from __future__ import annotations

from pathlib import Path


class ConvintelError(Exception):
    """Base of the tree. `str()` gives one line: where, what, what to do."""

    def __init__(self, what: str, *, where: Path | str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.remedy = remedy
        super().__init__(what, self.where, remedy)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f" → {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{cure}"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by rebuilding, so that a worker process can hand the error to its parent."""
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(kind: type[ConvintelError], what: str, where: str | None, remedy: str | None) -> ConvintelError:
    return kind(what, where=where, remedy=remedy)


class SettingsError(ConvintelError):
    """convintel.toml or a CONVINTEL_* variable is wrong."""


class WorkspaceError(ConvintelError):
    """The folder is not a workspace, or cannot be read or written."""


class ShareError(ConvintelError):
    """The object store by which machines share work cannot be used, or the run that used it has ended."""


class ModelError(ConvintelError):
    """A model is missing, incomplete or not the one that models.toml pins."""


class RecogniserDiedError(ConvintelError):
    """The process that recognises for all workers has ended; the calls that it had in hand are tried again."""


class RecordingError(ConvintelError):
    """One recording cannot be used; it is set aside with this reason and the rest goes on."""


class DamagedRecordingError(RecordingError):
    """No audio could be decoded from the file."""


class UnreadableError(RecordingError):
    """The file cannot be read now, or changed while it was: later runs try again."""


class NoSpeechError(RecordingError):
    """The file decodes, but nobody speaks in it."""


class TranscriptFormatError(RecordingError):
    """A ready-made transcript cannot be read."""


class MissingExtraError(ConvintelError):
    """An optional library is not installed; the message names the extra that brings it."""
