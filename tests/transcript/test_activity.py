"""Speech is found, sounds that are no speech give none, and channels are checked before they are believed."""

import numpy as np
import pytest

from convintel.recordings.audio import decode
from convintel.settings import Settings
from convintel.transcript import activity
from convintel.transcript.channels import examine
from convintel.transcript.packs import halves, pack
from convintel.values import Span, total

RATE = 16000


def noise(seconds, level, seed=0):
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE)).astype(np.float32)


def ringing(seconds):
    t = np.arange(int(seconds * RATE)) / RATE
    return ((np.sin(2 * np.pi * 440 * t) + np.sin(2 * np.pi * 480 * t)) * 0.2 * (t % 6 < 2)).astype(np.float32)


def hold_music(seconds, seed=0):
    """Chords with overtones and tremolo, a melody over them, a drum on each beat: 100 beats a minute."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    beat = (t / 0.6).astype(int)
    chords = np.array([[220, 277, 330], [196, 247, 294], [175, 220, 262], [165, 208, 247]])
    scale = np.array([440, 494, 554, 587, 659, 740, 831])
    melody = scale[random.integers(0, len(scale), beat.max() + 1)][beat]
    sound = np.zeros(len(t))
    for note in range(3):
        pitch = chords[(beat // 4) % 4, note]
        sound += sum(np.sin(2 * np.pi * np.cumsum(pitch * h) / RATE) / h**1.5 for h in (1, 2, 3, 4))
    sound *= 1 + 0.2 * np.sin(2 * np.pi * 5 * t)
    since = t % 0.6
    sound += 1.5 * np.sin(2 * np.pi * np.cumsum(melody) / RATE) * np.exp(-3 * since)
    sound += random.normal(0, 1, len(t)) * np.exp(-40 * since)
    return (0.1 * sound / np.abs(sound).max() * 3).astype(np.float32)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(30 * RATE, np.float32),
        noise(30, 0.03),
        noise(30, 0.003),
        ringing(30),
        (0.05 * np.sin(2 * np.pi * 50 * np.arange(30 * RATE) / RATE)).astype(np.float32),
        hold_music(30),
        hold_music(30, seed=4),
    ],
    ids=["silence", "loud noise", "quiet noise", "ringing", "hum", "hold music", "other hold music"],
)
def test_what_is_no_speech_gives_none(samples):
    assert not activity.active_frames(samples, Settings().speech).any()


@pytest.mark.parametrize("samples", [0, 100, 3200])
def test_very_short_sounds_do_not_break(samples):
    active = activity.active_frames(np.zeros(samples, np.float32), Settings().speech)
    assert activity.spans(active, samples / RATE) == []


@pytest.mark.parametrize("seconds", [0.1, 9.99, 10, 14.995, 23.7])
def test_windows_join_without_a_seam(seconds):
    """A signal seen by two windows gives as many frames as the sound has, none counted twice."""
    samples = noise(seconds, 0.01)
    assert len(activity.segmentation(samples)) == activity.count_frames(samples) == len(activity.loudness(samples))


def test_frames_and_seconds_agree():
    for frame in (0, 1, 591, 12345):
        assert activity.frame_at(activity.frame_time(frame)) == frame


def test_duplicated_channels_are_taken_as_one_and_said():
    channel = noise(5, 0.05)
    layout = examine(np.stack([channel, channel * 0.7]), Settings())
    assert layout.kind == "mono"
    assert "same sound" in layout.note
    assert list(layout.tracks) == ["mix"]


def test_more_than_two_channels_are_mixed_and_said():
    layout = examine(np.stack([noise(2, 0.01, seed) for seed in range(3)]), Settings())
    assert (layout.kind, layout.note) == ("mono", "3 channels mixed to one")


def test_every_stretch_is_in_one_pack_and_times_map_back():
    speech = [Span(i * 7.0, i * 7.0 + 1 + i % 5) for i in range(40)]
    packs = pack(speech, seconds=300, longest=29)
    assert all(one.seconds <= 29 for one in packs)
    pieces = [piece.span for one in packs for piece in one.pieces]
    assert pieces == sorted(pieces)
    assert all(any(piece.start <= span.start and span.end <= piece.end for piece in pieces) for span in speech)
    for one in packs:
        for piece in one.pieces:
            found = one.true_span(Span(piece.at + 0.1, piece.at + 0.4))
            assert found.start == pytest.approx(piece.span.start + 0.1)
            assert found.end == pytest.approx(piece.span.start + 0.4)


def test_a_word_over_a_join_stays_in_the_stretch_of_its_middle():
    one = pack([Span(1, 3), Span(10, 12)], seconds=20, longest=29)[0]
    first, second = one.pieces
    found = one.true_span(Span(second.at - 0.6, second.at + 0.2))
    assert first.span.start <= found.start <= found.end <= first.span.end


def test_a_stretch_longer_than_a_pack_is_cut_without_loss():
    packs = pack([Span(0, 100)], seconds=100, longest=29)
    assert sum(one.speech_seconds for one in packs) == pytest.approx(100)
    assert max(one.seconds for one in packs) <= 29


def test_halves_keep_all_pieces():
    one = pack([Span(i * 3, i * 3 + 2) for i in range(8)], seconds=30, longest=29)[0]
    parts = halves(one)
    assert [piece.span for part in parts for piece in part.pieces] == [piece.span for piece in one.pieces]
    assert all(part.pieces[0].at == 0 for part in parts)
    assert total(piece.span for part in parts for piece in part.pieces) == pytest.approx(one.speech_seconds)


def test_a_packs_sound_is_the_recordings_sound():
    samples = noise(20, 0.1)
    one = pack([Span(2, 4), Span(9, 11)], seconds=20, longest=29)[0]
    sound = one.cut(samples)
    second = one.pieces[1]
    at, start = round(second.at * RATE), round(second.span.start * RATE)
    assert np.array_equal(sound[at : at + RATE], samples[start : start + RATE])


@pytest.fixture(scope="module")
def parties(samples):
    """The two channels of a minute of a call, int16 [2, n]."""
    return decode(samples / "inbox" / "phone" / "daniel-cold.mp3").samples[:, : 60 * RATE]


def late(samples, seconds):
    return np.roll(samples, int(seconds * RATE), axis=-1)


def added(samples, share, seconds=0.02):
    """Each channel with the other's sound added, `seconds` late."""
    return np.clip(samples + share * late(samples[::-1], seconds), -32768, 32767).astype(np.int16)


def test_channels_of_one_party_each_are_believed_and_a_little_cross_talk_is_taken_out(parties):
    alone = examine(parties, Settings())
    assert (alone.kind, alone.note) == ("dual", "")
    for share in (0.1, 0.3):
        bled = examine(added(parties, share), Settings())
        assert bled.kind == "dual"
        assert "cross-talk taken out" in bled.note
        for track in ("0", "1"):
            assert bled.active[track].sum() == pytest.approx(alone.active[track].sum(), rel=0.1)


@pytest.mark.parametrize("delay", [0.02, 0.2])
def test_a_late_copy_is_no_second_party(parties, delay):
    mixed = parties.sum(axis=0) // 2
    layout = examine(np.stack([mixed, late(mixed, delay) // 4]).astype(np.int16), Settings())
    assert layout.kind == "mono"
    assert "both voices" in layout.note or "same sound" in layout.note


def test_channels_that_each_carry_both_voices_are_mixed_and_said(parties):
    layout = examine(added(parties, 0.9), Settings())
    assert layout.kind == "mono"
    assert "both voices" in layout.note
