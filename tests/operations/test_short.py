"""What `make bench-ops` measures at full size, in seconds."""

import random

import pytest

from convintel.resources import resource
from tests.operations.disturb import kill, twice, undisturbed
from tests.operations.fuzz import recordings, settings, sidecars, tables, transcripts
from tests.operations.survive import MORE_TABLES, _all_settings, _load, _one_by_one, _read, _said, _sounds, process


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a small workspace and what an undisturbed run makes of it."""
    return undisturbed(tmp_path_factory.mktemp("whole"), transcripts=1, recording=False)


def test_a_run_that_was_killed_is_made_whole_by_the_next(tmp_path, whole):
    assert kill(tmp_path, 1, 7, whole=whole) == []


def test_of_two_runs_at_once_one_does_the_work(tmp_path, whole):
    assert twice(tmp_path, 1, 7, whole=whole) == []


def test_hostile_settings_and_tables_are_refused_or_listed(tmp_path):
    chance = random.Random(7)
    samples = resource("samples")
    whole = {name: (samples / name).read_text("utf-8-sig") for name in ("calls.csv", "reps.csv", "deals.csv")}
    assert _one_by_one(tmp_path, settings(_all_settings(), 40, chance), _load) == []
    assert _one_by_one(tmp_path, tables({**whole, **MORE_TABLES}, 20, chance), _read) == []


def test_damaged_recordings_transcripts_and_sidecars_are_used_or_listed(tmp_path):
    chance = random.Random(7)
    head = (resource("samples") / "inbox" / "phone" / "tom-cold.json").read_text("utf-8")
    batch = [*recordings(_sounds(tmp_path), 8, chance), *transcripts(_said(), 8, chance), *sidecars(head, 4, chance)]
    assert process(tmp_path / "batch", batch, most_seconds=600) == []  # the machine may be busy


def test_the_same_seed_gives_the_same_inputs():
    made = [[one.content for one in transcripts(_said(), 20, random.Random(3))] for _ in range(2)]
    assert made[0] == made[1]
