from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from convintel.workspace import Workspace
from flows.timetable import due_before, missed, note_weekly, only_one, was_caught_up

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = "0 6 * * 1"
NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 2, 5, 0, tzinfo=UTC), "2026-11-02T06:00:00+01:00"),  # on the minute
        (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), "2026-10-26T06:00:00+01:00"),
        (datetime(2026, 3, 30, 4, 0, 1, tzinfo=UTC), "2026-03-30T06:00:00+02:00"),  # the clock went forward on Sunday
        (NOON, "2026-11-02T06:00:00+01:00"),
    ],
)
def test_the_last_time_that_a_schedule_names(now, due):
    assert due_before(MONDAY, MADRID, now).isoformat() == due


def test_the_first_start_has_missed_nothing(tmp_path):
    workspace = Workspace(tmp_path)
    assert missed(workspace, MONDAY, MADRID, NOON) is None
    assert missed(workspace, MONDAY, MADRID, NOON + timedelta(days=1)) is None


def test_five_mondays_without_a_run_are_one_missed_run_until_it_went_through(tmp_path):
    workspace = Workspace(tmp_path)
    missed(workspace, MONDAY, MADRID, NOON)
    later = NOON + timedelta(weeks=5)
    assert missed(workspace, MONDAY, MADRID, later) == datetime(2026, 12, 7, 6, tzinfo=MADRID)
    note_weekly(workspace, later)
    assert missed(workspace, MONDAY, MADRID, later + timedelta(days=4)) is None
    assert missed(workspace, MONDAY, MADRID, later + timedelta(days=7)) is not None


def test_a_run_that_was_due_before_the_last_one_began_has_nothing_to_do(tmp_path):
    workspace = Workspace(tmp_path)
    assert not was_caught_up(workspace, NOON)
    note_weekly(workspace, NOON)
    assert was_caught_up(workspace, NOON - timedelta(weeks=3))
    assert not was_caught_up(workspace, NOON + timedelta(seconds=1))  # due while that one was at work: not yet reported


@pytest.mark.parametrize("spoilt", ["", "[]", "{", '{"weekly_begun": 3}', '{"weekly_begun": "yesterday"}'])
def test_a_spoilt_record_is_as_on_the_first_day(tmp_path, spoilt):
    workspace = Workspace(tmp_path)
    workspace.hidden.mkdir()
    (workspace.hidden / "schedule.json").write_text(spoilt)
    assert missed(workspace, MONDAY, MADRID, NOON) is None
    assert missed(workspace, MONDAY, MADRID, NOON + timedelta(weeks=1)) is not None


def test_one_at_a_time_and_the_next_when_it_has_ended(tmp_path):
    workspace = Workspace(tmp_path)
    with only_one(workspace, "inbox", wait_seconds=0) as first, only_one(workspace, "inbox", wait_seconds=0) as second:
        assert (first, second) == (True, False)
    with only_one(workspace, "inbox", wait_seconds=0) as third:
        assert third
