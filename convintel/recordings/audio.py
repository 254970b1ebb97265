"""Decode a recording to 16 kHz, whatever state it is in, and say what was lost.

The usual loop (`for frame in container.decode(audio=0)`) ends without a word at the first damaged packet, shifts all
later audio and hears only the first stream. Here every packet of every audio stream is decoded on its own: a bad one is
counted and its time filled with silence, so that second 300 of the recording stays second 300.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from convintel.errors import DamagedRecordingError, UnreadableError
from convintel.recordings.track import MAX_CHANNELS, RATE, Samples, Track

MAX_HOURS: Final = 8.0
"""Longer than any call; protects the machine's memory (32 KB a second and channel) from a file that never ends."""
MAX_READ_ERRORS: Final = 50
"""Failed reads in a row after which the rest of the file is given up."""
HEAD_BYTES: Final = 1 << 18
BARE_FORMATS: Final = frozenset({"mp3", "aac"})
"""Streams of frames without a container: no clock, and a length only where an encoder left a Xing or VBRI header."""
# Only containers of recordings: a text file named .mp3 must not be taken for a playlist that opens other files.
FORMATS: Final = (
    "wav,w64,aiff,au,caf,mp3,aac,flac,ogg,mov,mp4,m4a,3gp,matroska,webm,avi,asf,mpegts,mpeg,amr,amrnb,amrwb,flv,gsm,wv"
)
_COPY_AGAIN: Final = "copy the file again from where it was recorded, or play it to see whether it is complete"


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A decoded recording.

    Attributes:
        samples: int16 [channels, n] at 16 kHz (`floats` makes -1 to 1 of a piece); channels of several streams stand
            below one another, at most 8 are kept.
        seconds: length of `samples`, silence put in for lost audio included.
        expected_seconds: what the file says its length is; None if it does not say.
        bad_packets: packets that could not be read or decoded.
        gap_seconds: silence put in for lost audio (the longest of the streams).
        channels: channels as recorded, over all streams.
        sample_rate: as recorded, in hertz (of the first stream).
        codec: FFmpeg's name, e.g. "mp3" (of the first stream).
    """

    samples: Samples
    seconds: float
    expected_seconds: float | None
    bad_packets: int
    gap_seconds: float
    channels: int
    sample_rate: int
    codec: str


def decode(path: Path) -> Audio:
    """Decode all audio of a recording or the sound of a video.

    Memory: 32 KB per second and channel, plus one packet; nothing is held twice.

    Raises:
        DamagedRecordingError: the file is empty, not a recording, without audio, or nothing decodes.
        UnreadableError: the file is missing or cannot be read now.
    """
    import av

    head, size = _head(path)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        # an absolute path: FFmpeg takes "a:b.wav" for a protocol
        with av.open(str(path.absolute()), options=options, metadata_errors="replace") as container:
            streams = _audio_streams(container, path)
            expected = _expected_seconds(container, streams, head, size)
            tracks = {stream.index: _track(stream, expected) for stream in streams}
            _fill(container, streams, tracks)
            return _join(streams, list(tracks.values()), expected, path)
    except (av.error.FFmpegError, ValueError) as error:  # ValueError: PyAV on a header that makes no sense
        raise DamagedRecordingError(_reason(head, error), where=path, remedy=_COPY_AGAIN) from error


def _head(path: Path) -> tuple[bytes, int]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        remedy = "check that it is there and may be read"
        raise UnreadableError(f"the file cannot be read: {error.strerror}", where=path, remedy=remedy) from error
    if not head:
        raise DamagedRecordingError("the file is empty", where=path, remedy=_COPY_AGAIN)
    return head, size


def _audio_streams(container: Any, path: Path) -> list[Any]:
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    usable = [stream for stream in streams if stream.codec_context.channels > 0]
    if not usable:
        remedy = "export the recording with its sound, or remove the file"
        what = "no audio is found in the file: it has no sound, or its header is damaged"
        raise DamagedRecordingError(what, where=path, remedy=remedy)
    return usable


def _track(stream: Any, expected: float | None) -> Track:
    return Track(stream.codec_context.channels, expected_seconds=expected, limit_seconds=MAX_HOURS * 3600)


def _fill(container: Any, streams: list[Any], tracks: dict[int, Track]) -> None:
    import av

    origin = (container.start_time or 0) / 1e6
    hole = _Hole(container)
    for packet in _packets(container, streams, tracks):
        track = tracks[packet.stream.index]
        try:
            for frame in packet.decode():
                track.take(frame, None if frame.time is None else frame.time - origin)
            hole.good(packet)
        except (av.error.FFmpegError, ValueError):  # ValueError: a damaged header gave a frame that cannot be resampled
            track.bad_packets += 1
            track.lose(hole.uncounted_seconds(packet))
        if track.full:
            break
    for track in tracks.values():
        track.flush()


def _packets(container: Any, streams: list[Any], tracks: dict[int, Track]) -> Iterator[Any]:
    """Read on after a failed read: the generator of PyAV ends at the first."""
    import av

    failures = 0
    while failures < MAX_READ_ERRORS:
        try:
            for packet in container.demux(streams):
                failures = 0
                yield packet
            return
        except av.error.FFmpegError:
            failures += 1
            if failures == 1:
                tracks[streams[0].index].bad_packets += 1


class _Hole:
    """Time inside the bad packets of a bare stream of frames (MP3, AAC without a container).

    Such files carry no clock: FFmpeg counts each packet as one frame, also one that holds kilobytes of damage, and
    audio after it would move forward. Its size, at the rate of the bytes before it, tells how long the hole is.
    """

    def __init__(self, container: Any) -> None:
        self._bare = container.format.name in BARE_FORMATS
        self._bytes = 0
        self._seconds = 0.0

    def good(self, packet: Any) -> None:
        if self._bare and packet.size and packet.duration:
            self._bytes += packet.size
            self._seconds += float(packet.duration * packet.time_base)

    def uncounted_seconds(self, packet: Any) -> float:
        if not (self._bare and self._bytes and packet.duration):
            return 0.0
        counted = float(packet.duration * packet.time_base)
        held: float = packet.size * self._seconds / self._bytes
        return max(0.0, held - counted)


def _expected_seconds(container: Any, streams: list[Any], head: bytes, size: int) -> float | None:
    name = container.format.name
    if name in BARE_FORMATS and not any(mark in head for mark in (b"Xing", b"Info", b"VBRI")):
        return None  # FFmpeg would estimate it from the size and a bit rate
    lengths = [float(stream.duration * stream.time_base) for stream in streams if stream.duration]
    if not lengths and container.duration:
        lengths = [container.duration / 1e6]
    longest = max(lengths, default=0.0)
    if name == "wav":
        longest = max(longest, _declared_seconds(head, size, streams[0].codec_context.bit_rate))
    return longest if longest > 0 else None


def _declared_seconds(head: bytes, size: int, bit_rate: int | None) -> float:
    """Return the length by the header of a WAV file that was cut off (FFmpeg hides it for PCM); 0.0 for a whole one."""
    declared = int.from_bytes(head[4:8], "little") + 8
    streamed = declared >= 0xFFFFFF00  # written to a pipe: the length was not known
    return declared * 8 / bit_rate if head[:4] == b"RIFF" and declared > size and bit_rate and not streamed else 0.0


def _join(streams: list[Any], tracks: list[Track], expected: float | None, path: Path) -> Audio:
    pieces = [track.samples() for track in tracks]
    if max(piece.shape[1] for piece in pieces) == 0:
        bad = sum(track.bad_packets for track in tracks)
        what = f"none of its {bad} packets can be decoded" if bad else "it holds 0 seconds of audio"
        raise DamagedRecordingError(what, where=path, remedy=_COPY_AGAIN)
    if any(track.full for track in tracks):
        raise DamagedRecordingError(
            f"longer than {MAX_HOURS:.0f} hours", where=path, remedy="cut the recording into single calls"
        )
    samples = pieces[0] if len(pieces) == 1 else _stack(pieces)
    context = streams[0].codec_context
    return Audio(
        samples=samples,
        seconds=samples.shape[1] / RATE,
        expected_seconds=expected,
        bad_packets=sum(track.bad_packets for track in tracks),
        gap_seconds=max(track.gap_seconds for track in tracks),
        channels=sum(track.channels for track in tracks),
        sample_rate=context.sample_rate,
        codec=context.name,
    )


def _stack(pieces: list[Samples]) -> Samples:
    """Put the channels of several streams below one another, the shorter ones filled up with silence."""
    rows = [row for piece in pieces for row in piece][:MAX_CHANNELS]
    samples = np.zeros((len(rows), max(row.size for row in rows)), dtype=np.int16)
    for target, row in zip(samples, rows, strict=True):
        target[: row.size] = row
    return samples


def _reason(head: bytes, error: Exception) -> str:
    if head[4:8] == b"ftyp":
        return "the file is cut off: its index (moov), which recorders write last, is missing"
    if all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head[:64]):
        return "this is text, not a recording"
    return f"not a recording that can be opened ({type(error).__name__})"
