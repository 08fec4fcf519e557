"""Boxes of ISO media put together by hand, for oddities that no tool writes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UPRIGHT = (1, 0, 0, 1)
FTYP = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
DATA_AT = len(FTYP) + 8  # where the payload of the mdat behind it begins


def box(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def table(kind: bytes, rows: Sequence[Sequence[int]], version: int = 0) -> bytes:
    """Make a table of 32-bit numbers, its length in front."""
    numbers = [number & 0xFFFFFFFF for row in rows for number in row]
    return full(kind, struct.pack(f">{1 + len(numbers)}I", len(rows), *numbers), version=version)


def matrix(a: float, b: float, c: float, d: float) -> bytes:
    fixed = [round(value * 0x10000) for value in (a, b, 0, c, d, 0, 0, 0)]
    return struct.pack(">9i", *fixed, 0x40000000)


def video_entry(
    codec: bytes = b"avc1",
    *inside: bytes,
    size: tuple[int, int] = (64, 48),
    depth: int = 24,
) -> bytes:
    fields = bytes(24) + struct.pack(">HH", *size) + bytes(46) + struct.pack(">Hh", depth, -1)
    return box(codec, fields, *inside)


def audio_entry(codec: bytes = b"mp4a", *inside: bytes, version: int = 0) -> bytes:
    longer = {0: 0, 1: 16, 2: 36}[version]
    fields = struct.pack(">6xHH6xHHIHH", 1, version, 2, 16, 0, 44100, 0)
    return box(codec, fields[:28], bytes(longer), *inside)


@dataclass(frozen=True)
class Trak:
    """A track whose samples lie one after the other in the mdat behind FTYP."""

    id: int = 1
    handler: bytes = b"vide"
    scale: int = 600
    deltas: Sequence[tuple[int, int]] = ((10, 60),)
    offsets: Sequence[tuple[int, int]] = ()
    edits: Sequence[tuple[int, int]] = ()  # duration in 1/1000 s, media time
    entry: bytes = field(default_factory=video_entry)
    flags: int = 1
    turned: tuple[float, float, float, float] = UPRIGHT
    sample_size: int = 1
    at: int = DATA_AT
    header_duration: int = 0
    media_duration: int | None = None
    chapters: Sequence[int] = ()
    version: int = 0

    @property
    def samples(self) -> int:
        return sum(count for count, _ in self.deltas)

    def tables(self) -> bytes:
        count = self.samples
        sizes = struct.pack(f">{2 + count}I", 0, count, *[self.sample_size] * count)
        return b"".join(
            (
                full(b"stsd", struct.pack(">I", 1), self.entry),
                table(b"stts", self.deltas),
                table(b"ctts", self.offsets) if self.offsets else b"",
                table(b"stsc", [(1, count, 1)] if count else []),
                full(b"stsz", sizes),
                table(b"stco", [(self.at,)] if count else []),
            )
        )

    def __bytes__(self) -> bytes:
        total = sum(count * delta for count, delta in self.deltas)
        media = total if self.media_duration is None else self.media_duration
        wide = "Q" if self.version else "I"
        tkhd = struct.pack(f">8xI4x{wide}16x", self.id, self.header_duration)
        mdhd = struct.pack(f">8xI{wide}4x", self.scale, media)
        if self.version:
            tkhd, mdhd = bytes(8) + tkhd, bytes(8) + mdhd
        rows = [(length, time, 0x10000) for length, time in self.edits]
        tref = box(b"tref", box(b"chap", struct.pack(f">{len(self.chapters)}I", *self.chapters)))
        return box(
            b"trak",
            full(
                b"tkhd", tkhd, matrix(*self.turned), bytes(8),
                version=self.version, flags=self.flags,
            ),
            box(b"edts", table(b"elst", rows)) if rows else b"",
            tref if self.chapters else b"",
            box(
                b"mdia",
                full(b"mdhd", mdhd, version=self.version),
                full(b"hdlr", bytes(4), self.handler, bytes(13)),
                box(b"minf", box(b"stbl", self.tables())),
            ),
        )  # fmt: skip


def mvhd(
    duration: int, scale: int = 1000, turned: tuple[float, float, float, float] = UPRIGHT
) -> bytes:
    return full(b"mvhd", struct.pack(">8xII16x", scale, duration), matrix(*turned), bytes(28))


def moov(duration: int, *parts: Trak | bytes) -> bytes:
    """Make an index; `duration` in milliseconds is what its header claims."""
    return box(b"moov", mvhd(duration), *map(bytes, parts))


def mp4(duration: int, *parts: Trak | bytes, data: int = 1000) -> bytes:
    """Make a whole file: FTYP, so many bytes of media, an index."""
    return FTYP + box(b"mdat", bytes(data)) + moov(duration, *parts)
