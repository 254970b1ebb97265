"""The user's folder: where everything stands in it, and the lock that keeps a second run out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from convintel.errors import WorkspaceError
from convintel.lock import alone
from convintel.settings import FILE_NAME


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of one workspace; `.convintel/` may be deleted and is rebuilt by a run."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """convintel.toml."""
        return self.root / FILE_NAME

    @property
    def inbox(self) -> Path:
        """Recordings and sidecars; never written to."""
        return self.root / "inbox"

    @property
    def deals(self) -> Path:
        """The CRM export, optional."""
        return self.root / "deals.csv"

    @property
    def contacts(self) -> Path:
        """The CRM's contacts, optional: whom the deals name by id alone."""
        return self.root / "contacts.csv"

    @property
    def corrections(self) -> Path:
        """A manager's verdicts, optional."""
        return self.root / "corrections.csv"

    @property
    def themes_file(self) -> Path:
        """How people call, merge, pin and hide themes, optional."""
        return self.root / "themes.csv"

    @property
    def forgotten(self) -> Path:
        """Ids of calls that `convintel forget` removed and no run may take again; outlives `.convintel/`."""
        return self.root / "forgotten.csv"

    @property
    def reports(self) -> Path:
        """One folder a week."""
        return self.root / "reports"

    @property
    def tables(self) -> Path:
        """The tables of the newest reported week, for spreadsheets, DuckDB and BI tools."""
        return self.reports / "tables"

    def reported_weeks(self) -> list[str]:
        """Return the ISO weeks that have a report folder, sorted."""
        folders = self.reports.iterdir() if self.reports.is_dir() else iter(())
        return sorted(
            folder.name for folder in folders if folder.is_dir() and re.fullmatch(r"\d{4}-W\d{2}", folder.name)
        )

    @property
    def hidden(self) -> Path:
        """Everything that a run can rebuild."""
        return self.root / ".convintel"

    @property
    def store(self) -> Path:
        """Parquet per stage and call."""
        return self.hidden / "store"

    @property
    def ledger(self) -> Path:
        """Which files were seen, what was set aside, which reports are current."""
        return self.hidden / "ledger.db"

    @property
    def search_index(self) -> Path:
        """Full-text index over turns."""
        return self.hidden / "search.db"

    @property
    def theme_snapshots(self) -> Path:
        """Theme registry after each reported week."""
        return self.hidden / "themes"

    @contextmanager
    def locked(self, *, wait_seconds: float = 0) -> Iterator[None]:
        """Hold the workspace for one run; the lock goes with the process, also when it is killed.

        Raises:
            WorkspaceError: another run holds it (the message says which), or the folder cannot be written.
        """
        try:
            self.hidden.mkdir(parents=True, exist_ok=True)
            self.hidden.chmod(0o700)  # transcripts of private conversations
        except OSError as error:
            raise WorkspaceError(
                f"cannot write: {error.strerror}", where=self.hidden, remedy="check permissions"
            ) from error
        with alone(self.hidden, wait_seconds=wait_seconds):
            yield
