"""Read what a track's samples are: the sample description of ISO media (14496-12 8.5.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import Box, boxes, payload
from wanprep.probe.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.source import Source

# What stands before the boxes inside an entry: 14496-12 12.1.3 and 12.2.3; QuickTime's sound
# descriptions of version 1 and 2 are longer (QTFF, "Sound Sample Descriptions").
_VIDEO_FIELDS: Final = 78
_AUDIO_FIELDS: Final = {0: 28, 1: 44, 2: 64}
_PRORES_4444: Final = frozenset({b"ap4h", b"ap4x"})
_DEPTH_WITH_ALPHA: Final = 32  # against 24 (QTFF, "Video Sample Description")
_ENCRYPTED: Final = frozenset({b"encv", b"enca", b"drmi", b"drms", b"aavd"})
_DOLBY_VISION: Final = frozenset({b"dvh1", b"dvhe", b"dva1", b"dvav", b"dav1"})
_DOLBY_BOXES: Final = frozenset({b"dvcC", b"dvvC", b"dvwC"})
_HDR_TRANSFERS: Final = frozenset({16, 18})  # PQ and HLG (ISO/IEC 23091-2 8.2)
_LONGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """How some samples of a track are coded."""

    codec: bytes
    encrypted: bool
    width: int = 0
    height: int = 0
    sar: float | None = None
    hdr: bool = False
    alpha: bool = False
    channels: int = 0
    sample_rate: int = 0


def read_entries(source: Source, stsd: Box | None, handler: bytes) -> tuple[SampleEntry, ...]:
    """Return the entries of a sample description; most tracks have one."""
    if stsd is None:
        return ()
    entries = boxes(source, stsd.start + 8, stsd.end)
    return tuple(_entry(box, payload(source, box, _LONGEST), handler) for box in entries)


def _entry(box: Box, data: bytes, handler: bytes) -> SampleEntry:
    if handler in {b"vide", b"pict", b"auxv"} and len(data) >= _VIDEO_FIELDS:
        inside = dict(_inside(data, _VIDEO_FIELDS))
        width, height = struct.unpack_from(">HH", data, 24)
        return SampleEntry(
            codec=box.kind,
            encrypted=box.kind in _ENCRYPTED or b"sinf" in inside,
            width=width,
            height=height,
            sar=_sar(inside.get(b"pasp", b"")),
            hdr=_is_hdr(box.kind, inside),
            alpha=box.kind in _PRORES_4444 and data[75] == _DEPTH_WITH_ALPHA,
        )
    encrypted = box.kind in _ENCRYPTED
    if handler == b"soun" and len(data) >= _AUDIO_FIELDS[0]:
        # The ISO format has a version 1 as well, which is no longer than version 0.
        starts = {_AUDIO_FIELDS[0], _AUDIO_FIELDS.get(data[9], _AUDIO_FIELDS[0])}
        channels, sample_rate = struct.unpack_from(">H6xI", data, 16)
        return SampleEntry(
            codec=box.kind,
            encrypted=encrypted
            or any(kind == b"sinf" for start in starts for kind, _ in _inside(data, start)),
            channels=channels,
            sample_rate=sample_rate >> 16,
        )
    return SampleEntry(codec=box.kind, encrypted=encrypted)


def _inside(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    source = Bytes(data)
    for box in boxes(source, start):
        yield box.kind, payload(source, box)


def _sar(pasp: bytes) -> float | None:
    if len(pasp) < 8:
        return None
    across, down = struct.unpack_from(">II", pasp)
    return across / down if across and down else None


def _is_hdr(codec: bytes, inside: dict[bytes, bytes]) -> bool:
    if codec in _DOLBY_VISION or inside.keys() & _DOLBY_BOXES:
        return True
    return is_hdr_colour(inside.get(b"colr", b""))


def is_hdr_colour(colr: bytes) -> bool:
    """Tell whether a colour box gives one of the two transfers of high dynamic range."""
    if colr[:4] not in {b"nclx", b"nclc"} or len(colr) < 8:
        return False
    return int.from_bytes(colr[6:8], "big") in _HDR_TRANSFERS
