from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from convintel.errors import ConvintelError, SettingsError, WorkspaceError
from convintel.report.notice import failure_notices
from convintel.settings import load
from flows.notice import addresses

WHEN = datetime(2026, 11, 2, 5, tzinfo=UTC)
URL = SecretStr("json://127.0.0.1/")


def notice(error, run="weekly"):
    (message,) = failure_notices([URL], run=run, folder="acme", when=WHEN, error=error)
    return message


def test_a_notice_says_which_run_where_when_why_and_what_to_do():
    error = WorkspaceError("cannot write: No space left on device", where="/x", remedy="check space and permissions")
    message = notice(error)
    assert message.title == "Sales conversations: the weekly report failed"
    assert "Workspace acme, 2026-11-02 05:00 UTC: cannot write: No space left on device" in message.body
    assert "check space and permissions" in message.body
    assert message.page is None


@pytest.mark.parametrize(
    "error",
    [
        ConvintelError("2 of 9 messages were not delivered: jo@firm.example (mailtos): refused"),
        ValueError("could not convert 'Jane Customer said yes' to float"),
        WorkspaceError("unknown", where="/srv/acme/inbox/Jane Customer.wav"),
    ],
)
def test_a_notice_holds_no_word_of_a_call_and_no_persons_name(error):
    message = notice(error)
    assert "Jane" not in message.body + message.title
    assert "jo@firm" not in message.body + message.title


def test_a_run_that_was_killed_is_told_as_such():
    assert "stopped in the middle" in notice(None, run="inbox").body


def test_who_hears_of_failures_is_known_also_from_settings_that_cannot_be_used(tmp_path):
    file = tmp_path / "convintel.toml"
    file.write_text('[delivery]\nfailures = ["json://127.0.0.1/"]\n')
    assert addresses(tmp_path) == (URL,)
    file.write_text('[delivery]\nfailures = ["json://127.0.0.1/"]\n\n[run]\nwrokers = 1\n')
    with pytest.raises(SettingsError):
        load(tmp_path)
    assert addresses(tmp_path) == (URL,)
    file.write_text("[delivery\n")
    assert addresses(tmp_path) == ()
    file.unlink()
    assert addresses(tmp_path) == ()
