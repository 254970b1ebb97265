"""New workspaces: empty with comments, or filled from the sample company."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from convintel.errors import WorkspaceError
from convintel.resources import resource
from convintel.settings import FILE_NAME, Settings, Tracker
from convintel.store import write_atomically

_CSV_TEMPLATES: Final = {
    "calls.csv": "file,started_at,rep_email,customer_name,customer_email,customer_phone,account,deal_id,direction,"
    "consent,country,private,call_type,title\n",
    "reps.csv": "rep_email,name,team,aliases,started_at,voice_consent,share_examples\n",
    "corrections.csv": "call_id,finding_id,verdict,note\n",
    "themes.csv": "theme_id,label,name,merge_into,show\n",
}
_SAMPLE_FILES: Final = (FILE_NAME, "calls.csv", "reps.csv", "deals.csv")


def make_workspace(folder: Path) -> list[str]:
    """Make what is missing of a workspace; return the names of what was made.

    Raises:
        WorkspaceError: the folder cannot be written.
    """
    made = [name for name in ("inbox",) if not (folder / name).is_dir()]
    _mkdir(folder / "inbox")
    for name, content in {FILE_NAME: commented_settings(), **_CSV_TEMPLATES}.items():
        if not (folder / name).exists():
            write_atomically(folder / name, content)
            made.append(name)
    return made


def make_demo(folder: Path) -> None:
    """Copy the sample company into `folder`; a workspace of the demo that is there is brought up to date.

    Raises:
        WorkspaceError: something else is in the folder.
    """
    samples = resource("samples")
    if folder.exists() and any(folder.iterdir()) and not (folder / FILE_NAME).is_file():
        raise WorkspaceError(
            "the folder is not empty", where=folder, remedy="name a new folder: convintel demo NEW_FOLDER"
        )
    _mkdir(folder)
    shutil.copytree(samples / "inbox", folder / "inbox", dirs_exist_ok=True)
    for name in _SAMPLE_FILES:
        shutil.copy2(samples / name, folder / name)


def commented_settings() -> str:
    """Return convintel.toml with every setting, its meaning and its default, all commented out."""
    parts = ["# Settings of this workspace. Everything has a default; take the # away to change a line.\n"]
    for name, field in Settings.model_fields.items():
        section = field.default
        if isinstance(section, tuple):
            parts.append(_comment_trackers())
            continue
        parts.append(f"\n[{name}]  # {(type(section).__doc__ or '').strip()}\n{_comment_section(section)}")
    return "".join(parts)


def _comment_trackers() -> str:
    """Return what a tracker looks like: it has no default."""
    doc = (Tracker.__doc__ or "").strip()
    lines = [f"\n# {doc} Take the ## away; as many as you like, or a file trackers.csv.\n## [[trackers]]"]
    for name, field in Tracker.model_fields.items():
        value = {"name": "data migration", "examples": ("How do we get our old records across?",)}.get(name)
        lines += [f"# {field.description}", f"## {name} = {_toml(field.default if value is None else value)}"]
    return "\n".join(lines) + "\n"


def _comment_section(section: BaseModel) -> str:
    lines = []
    for name, field in type(section).model_fields.items():
        value = None if field.default is PydanticUndefined else getattr(section, name)
        if field.description:
            lines.append(f"# {field.description}")
        lines.append(f"# {name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if value is None:
        return "(unset)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return str(value)


def _mkdir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(
            f"cannot make the folder: {error.strerror}", where=folder, remedy="check the path and permissions"
        ) from error
