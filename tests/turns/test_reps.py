"""A rep is known by the voice of their other calls; where nobody surely has that voice, nobody is called the rep."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from convintel.recordings.audio import decode
from convintel.recordings.roster import Rep
from convintel.recordings.track import mix
from convintel.settings import Settings
from convintel.tables import frame
from convintel.transcript import activity
from convintel.turns import build_turns, diarize, learn, recurring, teachers, teachers_of, turns_key, voice_key
from convintel.turns.reps import Teacher, recognise

DANIEL, PRIYA, TOM = "daniel@example.com", "priya@example.com", "tom@example.com"
# (file, rep, channel of the rep)
TAUGHT = [("daniel-discovery.ogg", DANIEL, 0), ("rec_000483.mp3", DANIEL, 0), ("priya-closing.opus", PRIYA, 1)]
REPS = [Rep(DANIEL, "Daniel", voice_consent=True), Rep(PRIYA, "Priya", voice_consent=True), Rep(TOM, "Tom")]


@pytest.fixture(scope="module")
def learnt(samples):
    """The voice of each teacher, of its first minute."""
    found = []
    for i, (name, rep, channel) in enumerate(TAUGHT):
        path = samples / "inbox" / "phone" / name
        teacher = Teacher(f"{i:016x}", path, rep, channel)
        found.append((rep, learn(teacher, first_minute(path), Settings())))
    return found


def first_minute(path):
    audio = decode(path)
    return replace(audio, samples=audio.samples[:, : 60 * 16000], seconds=60.0)


@pytest.fixture(scope="module")
def mono(samples):
    """A call mixed to mono, and its speech: Daniel's, who speaks on channel 0."""
    audio = first_minute(samples / "inbox" / "phone" / "daniel-cold.mp3")
    mixed = replace(audio, samples=mix(audio.samples)[None, :], channels=1)
    speech = activity.spans(activity.active_frames(mixed.samples[0], Settings().speech), 60.0)
    return audio, mixed, speech


def profiles(learnt, *reps):
    return recurring({rep: [row["vector"][0].to_numpy() for who, row in learnt if who == rep] for rep in reps})


def test_the_rep_is_known_by_two_other_calls_and_a_stranger_is_nobody(learnt, mono):
    audio, mixed, speech = mono
    voices = diarize(mixed.samples[0], speech)
    speakers = dict(zip(voices.spans, voices.centres, strict=True))
    who, near, lead = recognise(speakers, profiles(learnt, DANIEL))
    left, right = (activity.loudness(channel) for channel in audio.samples)

    def lead_of_left(spans):
        frames = [slice(activity.frame_at(span.start), activity.frame_at(span.end)) for span in spans]
        return sum(float((left[part] - right[part]).sum()) for part in frames)

    level = {name: lead_of_left(spans) for name, spans in voices.spans.items()}
    assert who == max(level, key=level.get), "channel 0 is the louder one where the rep speaks"
    assert near > 0.85
    assert lead > 0.1
    assert recognise(speakers, profiles(learnt, PRIYA)) is None
    assert recognise(speakers, {}) is None


def test_turns_take_the_roles_from_the_voice_and_say_so(learnt, mono):
    _, mixed, speech = mono
    call_id = "f" * 16
    words = [
        {"call_id": call_id, "start": s.start, "end": s.end, "text": "well.", "probability": 0.9, "track": "mix"}
        for s in speech
    ]
    info = {
        "call_id": call_id, "seconds": 60.0, "bad_packets": 0, "gap_seconds": 0, "channels": 1, "sample_rate": 8000,
        "codec": "", "layout": "mono", "layout_note": "", "word_timing": "measured", "dropped_packs": 0,
        "redactions": 0, "model": "",
    }  # fmt: skip
    rows = [{"call_id": call_id, "start": s.start, "end": s.end, "track": "mix"} for s in speech]
    tables = {"audio": frame("audio", [info]), "words": frame("words", words), "speech": frame("speech", rows)}
    call = {"call_id": call_id, "rep_name": None, "customer_name": None, "channel_roles": None, "direction": "outbound"}

    def roles(voices, corrections=None):
        built = build_turns(
            call, tables, load_audio=lambda: mixed, reps=(), corrections=corrections or {}, settings=Settings(),
            load_voices=lambda: voices,
        )  # fmt: skip
        return built["roles"].row(0, named=True), dict(built["turns"].select("speaker", "role").iter_rows())

    row, known = roles(profiles(learnt, DANIEL))
    assert row["method"] == "voice"
    assert "the rep's voice of other calls" in row["why"]
    assert sorted(known.values()) == ["customer", "rep"]
    row, nobody = roles(profiles(learnt, PRIYA))
    assert row["method"] == "none"
    assert set(nobody.values()) == {"unknown"}
    row, swapped = roles(profiles(learnt, DANIEL), {call_id: "swap"})
    assert row["method"] == "correction"
    assert swapped == {who: "customer" if role == "rep" else "rep" for who, role in known.items()}


def test_a_wrong_channel_map_is_outvoted(learnt):
    daniel = [row["vector"][0].to_numpy() for who, row in learnt if who == DANIEL]
    other = next(row["vector"][0].to_numpy() for who, row in learnt if who == PRIYA)
    voice = recurring({DANIEL: [*daniel, other]})[DANIEL]
    assert float(voice @ recurring({DANIEL: daniel})[DANIEL]) > 0.99
    assert recurring({DANIEL: [daniel[0], other]}) == {}


def calls(*rows):
    start = datetime(2026, 10, 1, tzinfo=UTC)
    return frame(
        "calls",
        [
            {
                "call_id": f"{i:016x}", "path": f"{i}.wav", "kind": kind, "rep": rep, "channel_roles": roles,
                "started_at": start + timedelta(days=i), "consent": "unknown", "origins": "{}",
            }
            for i, (rep, roles, kind) in enumerate(rows)
        ],
    )  # fmt: skip


def test_only_reps_who_agreed_and_calls_that_say_the_channel_teach(tmp_path):
    table = calls(
        (DANIEL, "rep,customer", "recording"),
        (TOM, "rep,customer", "recording"),
        (DANIEL, None, "recording"),
        (DANIEL, "customer,rep", "recording"),
        (PRIYA, "rep,customer", "transcript"),
    )
    found = teachers(table, inbox=tmp_path, reps=REPS, corrections={"0" * 15 + "3": "swap"}, settings=Settings())
    assert [(one.call_id[-1], one.rep, one.channel) for one in found] == [("0", DANIEL, 0), ("3", DANIEL, 0)]
    mapped = Settings(recordings={"channels": ["customer", "rep"]})
    found = teachers(table, inbox=tmp_path, reps=REPS, corrections={}, settings=mapped)
    assert [(one.call_id[-1], one.channel) for one in found] == [("0", 0), ("2", 1), ("3", 1)]


def test_a_call_learns_from_others_of_its_rep_and_its_key_from_nothing_later(tmp_path):
    table = calls(*[(DANIEL, "rep,customer", "recording")] * 9, (PRIYA, "rep,customer", "recording"))
    known = teachers(table, inbox=tmp_path, reps=REPS, corrections={}, settings=Settings())
    call = table.row(3, named=True)
    mine = teachers_of(call, known)
    assert [one.call_id[-1] for one in mine] == ["0", "1", "2", "4", "5"]
    assert mine == teachers_of(call, known[:7])
    assert {one.rep for one in teachers_of({**call, "rep": None}, known)} == {DANIEL, PRIYA}
    assert teachers_of({**call, "rep": TOM}, known) == ()
    assert teachers_of({**call, "kind": "transcript"}, known) == ()

    def key(chosen):
        return turns_key(call, "t", REPS, {}, Settings(), chosen)

    assert key(mine) == key(mine)
    assert len({key(mine), key(mine[1:]), key(())}) == 3
    assert voice_key(mine[0], Settings()) != voice_key(replace(mine[0], channel=1), Settings())


def test_a_channel_without_its_party_teaches_nothing(samples):
    audio = first_minute(samples / "inbox" / "phone" / "daniel-discovery.ogg")
    twice = replace(audio, samples=np.stack([audio.samples[0]] * 2))
    assert learn(Teacher("0" * 16, samples, DANIEL, 0), twice, Settings()).is_empty()


def test_three_voices_are_counted_where_nobody_said_two_and_two_stay_two(samples, mono):
    """Two calls of one rep one after the other: one voice in both, and two customers."""
    phone = samples / "inbox" / "phone"
    parts = [first_minute(phone / name).samples for name in ("daniel-cold.mp3", "daniel-discovery.ogg")]
    joined = np.concatenate([mix(part) for part in parts])
    speech = activity.spans(activity.active_frames(joined, Settings().speech), len(joined) / 16000)
    assert len(diarize(joined, speech, speakers=None).spans) == 3
    assert len(diarize(joined, speech, speakers=2).spans) == 2
    _, mixed, own = mono
    assert len(diarize(mixed.samples[0], own, speakers=None).spans) == 2
