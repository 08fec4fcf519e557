"""FLAC: its header claims a length, and the last frame in the file tells the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.facts import Found
from wanprep.probe.formats.sounds.flac_frames import (
    FRAME_MARK,
    LONGEST_HEADER,
    STREAM_INFO,
    FlacFrame,
    StreamInfo,
    crc16,
    read_frame,
    read_stream_info,
)
from wanprep.probe.formats.sounds.framing import PATIENCE
from wanprep.probe.formats.sounds.id3 import end_of_id3
from wanprep.probe.formats.sounds.sound import disagreement, playable, sound, unplayable

if TYPE_CHECKING:
    from wanprep.probe.source import Source

_BLOCK: Final = 64 * 1024
_MOST_BLOCKS: Final = 1000  # of metadata
_LARGEST_FRAME: Final = 1024 * 1024
_SLACK: Final = 0.02  # seconds


def read_flac(source: Source) -> Found:
    """Take the length from the first and the last frame, and compare the header's claim.

    A file that was cut off is readable: players play its whole frames, up to the cut. The
    problem then tells both lengths.
    """
    start = end_of_id3(source)
    head = source.read_at(start, 8 + STREAM_INFO)
    if len(head) < 8 + STREAM_INFO or head[:4] != b"fLaC" or head[4] & 0x7F:
        return unplayable(Found(kind="audio", format="flac"), "cut off or damaged in its header")
    info = read_stream_info(head[8:])
    found = sound("flac", "flac", info.rate, info.channels) | Found(bit_depth=info.bits)
    if not info.rate:
        return unplayable(found, "its header says 0 samples a second")
    frames = _end_of_metadata(source, start + 4)
    first = read_frame(source.read_at(frames, LONGEST_HEADER), 0, info)
    begin = first.start if first else 0
    end = _last_sample(source, frames, info)
    if end <= begin:
        return unplayable(found, "it holds no sound: no whole frame stands behind its header")
    plays = (end - begin) / info.rate
    claimed = info.samples / info.rate or plays
    return playable(found, plays, disagreement(claimed, plays, _SLACK))


def _end_of_metadata(source: Source, offset: int) -> int:
    """Leap over the metadata, pictures and all, to the first frame."""
    for _ in range(_MOST_BLOCKS):
        head = source.read_at(offset, 4)
        offset += 4 + int.from_bytes(head[1:], "big")
        if not head or head[0] & 0x80:
            break
    return offset


def _last_sample(source: Source, frames: int, info: StreamInfo) -> int:
    """Tell where the last whole frame ends.

    Where that is what the header claims, no more questions are asked. Else the last frame
    counts only if its checksum shows that it is whole.
    """
    found = _last_frame(source, frames, info)
    if found is None:
        return 0
    offset, frame = found
    if frame.end == info.samples or _is_whole(source, offset):
        return frame.end
    return frame.start


def _last_frame(source: Source, frames: int, info: StreamInfo) -> tuple[int, FlacFrame] | None:
    """Search backwards for a frame: behind it may be tags, or the zeros of a lost download."""
    patience = PATIENCE
    stop = source.size
    while stop > frames:
        start = max(frames, stop - _BLOCK)
        data = source.read_at(start, stop - start + LONGEST_HEADER)
        for mark in reversed(list(FRAME_MARK.finditer(data, 0, stop - start + 1))):
            patience -= 1
            if patience < 0:
                return None
            if frame := read_frame(data, mark.start(), info):
                return start + mark.start(), frame
        stop = start
    return None


def _is_whole(source: Source, offset: int) -> bool:
    """Tell whether a frame reaches to the end of the file, or to an ID3v1 tag there."""
    data = source.read_at(offset, _LARGEST_FRAME)
    return 0 in (crc16(data), crc16(data[:-128]) if data[-128:-125] == b"TAG" else 1)
