"""The message that a scheduled run failed: which, where and why, without a word of a call or the name of a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import SecretStr

from convintel.errors import ModelError, SettingsError, WorkspaceError
from convintel.language import say
from convintel.report.send import Message

_SAFE: Final = (ModelError, SettingsError, WorkspaceError)  # what these say is about the machine, never about a call


def failure_notices(
    urls: Sequence[SecretStr],
    *,
    run: Literal["inbox", "weekly"],
    folder: str,
    when: datetime,
    error: BaseException | None,
) -> list[Message]:
    """Return a message to each address; `error` is None when the process of the run was ended from outside."""
    name = say("notice.weekly") if run == "weekly" else say("notice.inbox")
    lines = (
        say("notice.what", folder=folder, when=f"{when:%Y-%m-%d %H:%M %Z}", why=_why(error)),
        say("notice.next"),
        say("notice.look"),
    )
    title = say("notice.title", run=name)
    return [Message("failures", url, title, "\n\n".join(lines), "", None) for url in urls]


def _why(error: BaseException | None) -> str:
    if error is None:
        return say("notice.stopped")
    if isinstance(error, _SAFE):
        return f"{error.what} → {error.remedy}" if error.remedy else error.what
    return say("notice.unexpected", error=type(error).__name__)
