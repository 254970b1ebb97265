"""Everything a user can set: convintel.toml in the workspace, overridden by CONVINTEL_* variables.

One `Settings` object is read once and handed down as narrow sections. Defaults fit a small company; an unknown key is
an error that names it. Each threshold stands in `sections` and nowhere else, with the measurement that chose it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from convintel.errors import SettingsError, WorkspaceError
from convintel.privacy import Privacy
from convintel.sections import (
    PATTERN_GROUPS,
    ChannelMap,
    Coaching,
    Company,
    Crm,
    Delivery,
    Matching,
    Outcomes,
    Recordings,
    Report,
    Run,
    Signals,
    Speech,
    Themes,
    Tracker,
    Turns,
)
from convintel.trackerfile import FILE_NAME as TRACKERS
from convintel.trackerfile import read_trackers

FILE_NAME = "convintel.toml"

__all__ = [
    "FILE_NAME",
    "PATTERN_GROUPS",
    "ChannelMap",
    "Coaching",
    "Company",
    "Crm",
    "Delivery",
    "Matching",
    "Outcomes",
    "Privacy",
    "Recordings",
    "Report",
    "Run",
    "Settings",
    "Signals",
    "Speech",
    "Themes",
    "Tracker",
    "Turns",
    "load",
]


class Settings(BaseSettings):
    """All sections. Read with `load`; never imported as a global."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="CONVINTEL_", env_nested_delimiter="__", toml_file=None
    )

    company: Company = Company()
    recordings: Recordings = Recordings()
    speech: Speech = Speech()
    turns: Turns = Turns()
    signals: Signals = Signals()
    trackers: tuple[Tracker, ...] = ()
    themes: Themes = Themes()
    crm: Crm = Crm()
    matching: Matching = Matching()
    outcomes: Outcomes = Outcomes()
    coaching: Coaching = Coaching()
    privacy: Privacy = Privacy()
    report: Report = Report()
    delivery: Delivery = Delivery()
    run: Run = Run()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file over defaults."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def load(workspace: Path) -> Settings:
    """Read the settings of a workspace, with the trackers of its trackers.csv.

    Raises:
        WorkspaceError: there is no convintel.toml in the folder.
        SettingsError: a key is unknown or a value is wrong; the message names each with its path.
    """
    file = workspace / FILE_NAME
    if not file.is_file():
        raise WorkspaceError("no convintel.toml here", where=workspace, remedy=f"convintel init {workspace}")

    if file.read_bytes().startswith(b"\xef\xbb\xbf"):
        raise SettingsError("begins with a byte order mark", where=file, remedy="save it as UTF-8 without BOM")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    try:
        told = FromFile().model_dump()
        told["trackers"] = [*told["trackers"], *read_trackers(workspace / TRACKERS)]
        return Settings.model_validate(told)
    except ValidationError as error:
        raise SettingsError(
            _explain(error), where=file, remedy="see convintel.toml's comments or the README"
        ) from error
    except ValueError as error:  # not TOML, or a CONVINTEL_* variable that is not JSON
        raise SettingsError(str(error), where=file, remedy="mend the line named") from error


def _explain(error: ValidationError) -> str:
    return "; ".join(_explain_one(issue["loc"], issue["type"], issue["msg"]) for issue in error.errors())


def _explain_one(place: tuple[Any, ...], kind: str, message: str) -> str:
    path = ".".join(str(part) for part in place)
    return f"unknown key '{path}'" if kind == "extra_forbidden" else f"{path}: {message}"
