import socket
import sys
import wave

import numpy as np
import pytest

from convintel.errors import DamagedRecordingError, RecordingError, UnreadableError
from convintel.recordings import decode
from convintel.recordings.tags import creation_time
from convintel.recordings.track import floats

RATE = 16_000


def swell(samples):
    """Loudness of each 50 ms: what must stand at the same second before and after damage."""
    usable = floats(samples[: samples.size // 800 * 800]).reshape(-1, 800)
    return np.sqrt((usable.astype(np.float64) ** 2).mean(axis=1))


def shift_seconds(whole, damaged, start, end):
    """By how much `damaged` is later than `whole` between two seconds, by the best match of their loudness."""
    reference = swell(whole[start * RATE : end * RATE])
    loud = swell(damaged)
    fits = {}
    for step in range(-60, 61):
        piece = loud[start * 20 + step : start * 20 + step + reference.size]
        if piece.size == reference.size:
            fits[step] = np.corrcoef(reference, piece)[0, 1]
    return max(fits, key=fits.get) * 0.05


def same_share(whole, damaged):
    """Share of the 50 ms pieces that sound alike at the same second."""
    left, right = swell(whole), swell(damaged)
    n = min(left.size, right.size)
    return float((np.abs(left[:n] - right[:n]) < 0.05).sum() / left.size)


def damaged(path, target, *, at=0.45, size):
    data = bytearray(path.read_bytes())
    start = int(len(data) * at)
    data[start : start + size] = np.random.default_rng(1).bytes(size)
    target.write_bytes(data)
    return target


def cut(path, target, share=0.6):
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize(
    "name", ["pcm.wav", "g711.wav", "lossless.flac", "speech.mp3", "apple.m4a", "voice.ogg", "video.webm"]
)
def test_every_format_comes_out_whole_and_in_place(make, sound, name, layout):
    audio = decode(make(name, layout=layout))
    channels = {"mono": 1, "stereo": 2}[layout]
    assert audio.samples.dtype == np.int16
    assert audio.samples.shape[0] == audio.channels == channels
    assert audio.seconds == pytest.approx(60.0, abs=0.05)
    assert audio.expected_seconds == pytest.approx(60.0, abs=0.05)
    assert (audio.bad_packets, audio.gap_seconds) == (0, 0.0)
    for channel, original in enumerate(sound(60.0, RATE, channels)):
        assert shift_seconds(original, audio.samples[channel], 2, 58) == pytest.approx(0.0, abs=0.001)
        spectrum = np.abs(np.fft.rfft(audio.samples[channel][: 10 * RATE]))
        assert np.argmax(spectrum) / 10 == pytest.approx(200 + 170 * channel, abs=5)  # no channel is another's


# (file, bytes of damage, least share of a minute that must sound right at the right second)
DAMAGE = [
    ("speech.mp3", 3600, 0.97),
    ("apple.m4a", 8000, 0.97 * (1 - 8000 / 360_000)),
    ("lossless.flac", 9000, 0.97),
    ("voice.ogg", 13_000, 0.97 * (1 - 13_000 / 240_000) - 1 / 60),  # a page of a second is lost whole
    ("g711.wav", 5000, 0.97),
    ("video.webm", 9000, 0.97 * (1 - 9000 / 240_000) - 1 / 60),
]


@pytest.mark.parametrize(("name", "size", "share"), DAMAGE)
def test_damage_in_the_middle_loses_only_what_is_damaged_and_shifts_nothing(make, sound, tmp_path, name, size, share):
    audio = decode(damaged(make(name), tmp_path / name, size=size))
    original = sound(60.0, RATE, 1)[0]
    assert audio.seconds == pytest.approx(60.0, abs=0.2)
    assert shift_seconds(original, audio.samples[0], 40, 58) == pytest.approx(0.0, abs=0.051)
    assert same_share(original, audio.samples[0]) >= share - 0.02
    if name != "g711.wav":  # there damage is noise: every byte is a sample
        assert audio.bad_packets + audio.gap_seconds > 0


def test_mp3_hole_is_as_long_as_its_bytes(make, tmp_path):
    audio = decode(damaged(make("speech.mp3"), tmp_path / "hole.mp3", size=30_000))  # 10 s at 24 kbit/s
    assert audio.gap_seconds == pytest.approx(10.0, abs=1.5)
    assert audio.seconds == pytest.approx(60.0, abs=0.3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("speech.mp3", 60),
        ("lossless.flac", 60),
        ("g711.wav", 60),
        ("pcm.wav", 60),
        ("fast.m4a", 60),
        ("video.webm", 60),
    ],
)
def test_a_file_cut_off_keeps_its_beginning_and_says_what_is_missing(make, tmp_path, name, expected):
    audio = decode(cut(make(name), tmp_path / name))
    assert audio.seconds == pytest.approx(36.0, abs=1.0)  # FLAC: seconds are not bytes
    assert audio.expected_seconds == pytest.approx(expected, abs=0.1)


def test_cut_opus_keeps_what_is_there(make, tmp_path):
    assert decode(cut(make("voice.ogg"), tmp_path / "cut.ogg")).seconds == pytest.approx(36.0, abs=1.5)


def test_two_mono_streams_are_two_channels(tmp_path, write, sound):
    first, second = sound(10, RATE, 1), 0.5 * sound(8, RATE, 1, seed=3)
    audio = decode(write(tmp_path / "two.mka", [first, second], RATE, "flac", "s16", "mono"))
    assert audio.samples.shape == (2, 10 * RATE)
    assert audio.channels == 2
    np.testing.assert_allclose(floats(audio.samples[0]), first[0], atol=1e-3)
    np.testing.assert_allclose(floats(audio.samples[1, : 8 * RATE]), second[0], atol=1e-3)
    assert not audio.samples[1, 8 * RATE :].any()


@pytest.mark.parametrize(("channels", "kept"), [(3, 3), (6, 6), (8, 8), (10, 8)])
def test_more_than_two_channels_are_kept(tmp_path, channels, kept):
    path = tmp_path / "many.wav"
    data = (np.arange(8000)[:, None] * 0 + np.arange(channels)[None, :] * 1000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(data.tobytes())
    audio = decode(path)
    assert audio.samples.shape == (kept, 8000)
    assert audio.channels == channels
    np.testing.assert_allclose(audio.samples.mean(axis=1), np.arange(kept) * 1000, atol=2)


def empty_wav(path, seconds):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(16_000 * seconds)))
    return path


def test_a_fifth_of_a_second_is_decoded(tmp_path):
    assert decode(empty_wav(tmp_path / "short.wav", 0.2)).samples.shape == (1, 3200)


def unusable(folder, make):
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.mp3").write_text("Dear all, the recording will follow.\n" * 40)
    (folder / "playlist.mp3").write_text("#EXTM3U\n#EXTINF:10,\nhttp://recorder.example/a.ts\n#EXT-X-ENDLIST\n")
    (folder / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(40_000))
    empty_wav(folder / "nothing.wav", 0)
    cut(make("apple.m4a"), folder / "cut.m4a")
    (folder / "folder.wav").mkdir()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.wav", "empty"),
        ("text.mp3", "text, not a recording"),
        ("playlist.mp3", "text, not a recording"),
        ("noise.mp3", "not a recording"),
        ("nothing.wav", "0 seconds"),
        ("cut.m4a", "cut off"),
        ("folder.wav", "cannot be read"),
        ("absent.wav", "cannot be read"),
    ],
)
def test_what_cannot_be_decoded_says_why_and_what_to_do(tmp_path, make, monkeypatch, name, reason):
    unusable(tmp_path, make)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a recording opened a connection"))
    with pytest.raises(RecordingError, match=reason) as caught:
        decode(tmp_path / name)
    assert isinstance(caught.value, UnreadableError) == ("cannot be read" in reason)  # which may pass
    assert caught.value.remedy
    assert name in str(caught.value)


def test_a_video_without_sound_has_no_audio(tmp_path):
    import av

    path = tmp_path / "silent-film.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        file.mux([packet for frame in [picture, None] for packet in stream.encode(frame)])
    with pytest.raises(DamagedRecordingError, match="no audio"):
        decode(path)


def test_tags_that_are_not_utf8_do_no_harm(tmp_path):
    path = empty_wav(tmp_path / "tagged.wav", 1)
    info = b"LIST" + (18).to_bytes(4, "little") + b"INFOIART" + (6).to_bytes(4, "little") + b"Jos\xe9\x00\x00"
    path.write_bytes(path.read_bytes() + info)
    assert decode(path).seconds == 1.0
    assert creation_time(path) is None


def test_files_joined_together_are_heard_to_the_end(tmp_path, write, sound):
    how = ("libmp3lame", "fltp")
    first = write(tmp_path / "a.mp3", [sound(5, 16_000, 1)], 16_000, *how, "mono", bit_rate=32_000)
    second = write(tmp_path / "b.mp3", [sound(5, 16_000, 1, seed=2)], 16_000, *how, "mono", bit_rate=32_000)
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    assert decode(joined).seconds == pytest.approx(10.0, abs=0.3)


def test_odd_names_open_and_the_same_bytes_give_the_same_samples(make, tmp_path):
    data = make("speech.mp3", seconds=5.0).read_bytes()
    first = decode(make("speech.mp3", seconds=5.0)).samples
    for name in ("concat:a.mp3", "Ünï çödé 電話 ☎.mp3", "-dash %20 'quote'.mp3", "pipe|a.MP3"):
        (tmp_path / name).write_bytes(data)
        assert np.array_equal(decode(tmp_path / name).samples, first)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_held_twice(tmp_path):
    path = empty_wav(tmp_path / "long.wav", 1800)

    def peak():
        with open("/proc/self/status") as status:  # noqa: PTH123 - not a file of ours
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    with open("/proc/self/clear_refs", "w") as reset:  # noqa: PTH123
        reset.write("5")
    before = peak()
    audio = decode(path)
    assert audio.seconds == 1800
    assert peak() - before < audio.samples.nbytes / 2**20 * 1.3 + 20


def test_the_tag_of_a_container_is_read(tmp_path, write, sound):
    how = (RATE, "aac", "fltp", "mono")
    tagged = write(tmp_path / "a.m4a", [sound(1, RATE, 1)], *how, tags={"creation_time": "2026-10-27T15:05:12Z"})
    assert creation_time(tagged) == "2026-10-27T15:05:12.000000Z"
    assert creation_time(write(tmp_path / "b.m4a", [sound(1, RATE, 1)], *how)) is None
