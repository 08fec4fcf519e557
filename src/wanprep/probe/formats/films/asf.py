"""Read Windows Media (ASF): libmediainfo names the codecs, the packets tell the lengths.

The header of a live recording has no lengths, any other says how many bytes belong to the
file. The sections are those of Microsoft's ASF specification 1.20.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.asf_packets import walk
from wanprep.probe.formats.films.lengths import Ending, lengths, verdict, with_length, with_times
from wanprep.probe.formats.films.stamps import Clock, shown
from wanprep.probe.formats.films.windowed import Windowed
from wanprep.probe.mediainfo import as_found, describe

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

# The first four bytes of the identifiers of objects tell them apart (10.1, 10.2).
_FILE_PROPERTIES: Final = b"\xa1\xdc\xab\x8c"
_ENCRYPTION: Final = frozenset({b"\xfb\xb3\x11\x22", b"\x14\xe6\x8a\x29"})
_OBJECT_HEAD: Final = 24
_HEADER_HEAD: Final = 30
_DATA_HEAD: Final = 50
_MOST_OBJECTS: Final = 1000
_LIVE: Final = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says of the file."""

    size: int
    packet: int = 0  # bytes; 0 where packets are of many sizes
    claimed: float | None = None  # milliseconds
    end: int | None = None  # of the file
    is_encrypted: bool = False


def read_asf(source: Source) -> Found:
    """Tell what a WMV, WMA or ASF file is."""
    window = Windowed(source)
    header = _header(window)
    walked = walk(window, header.size + _DATA_HEAD, header.end, header.packet)
    clock = Clock(claimed=header.claimed)
    streams = describe(source)
    sounds = {stream.track_id for stream in streams.audios}
    times = {
        number: shown(stamps, clock, is_sound=number in sounds)
        for number, stamps in walked.times.items()
    }
    if walked.whole:
        streams = replace(
            streams,
            videos=tuple(
                with_times(stream, times.get(stream.track_id))
                if stream.track_id
                else replace(stream, frames=None)
                for stream in streams.videos
            ),
            audios=tuple(
                with_length(stream, times.get(stream.track_id)) if stream.track_id else stream
                for stream in streams.audios
            ),
        )
    media = [track for track in times.values() if track and walked.whole]
    plays = lengths(media, max((track.end for track in media), default=0.0), clock)
    found = as_found(streams)
    if plays and plays.duration:
        found["duration"] = plays.duration
    if header.is_encrypted:
        found |= {"readable": False, "problem": "encrypted: it cannot be played without a key"}
    ending = Ending(source.size, header.end, walked.cut, walked.whole)
    return found | verdict(found, plays, ending)


def _header(source: Source) -> Header:
    size, count = struct.unpack("<QI", source.read_at(16, 12).ljust(12, b"\0"))
    data_size = int.from_bytes(source.read_at(size + 16, 8), "little")
    header = Header(size, end=size + data_size if data_size > _DATA_HEAD else None)
    at = _HEADER_HEAD
    for _ in range(min(count, _MOST_OBJECTS)):
        head = source.read_at(at, _OBJECT_HEAD)
        if head.startswith(_FILE_PROPERTIES):
            header = _with_properties(header, source.read_at(at + _OBJECT_HEAD, 80))
        elif head[:4] in _ENCRYPTION:
            header = replace(header, is_encrypted=True)
        at += max(_OBJECT_HEAD, int.from_bytes(head[16:], "little"))
    return header


def _with_properties(header: Header, properties: bytes) -> Header:
    """Read the File Properties Object (3.2)."""
    play, _send, preroll, flags, shortest, longest = struct.unpack_from(
        "<3Q3I", properties.ljust(80, b"\0"), 40
    )
    packet = longest if shortest == longest else 0
    if flags & _LIVE:
        return replace(header, packet=packet, end=None)
    claimed = play / 10_000 - preroll  # from 100 ns, and without what is played ahead
    return replace(header, packet=packet, claimed=claimed if claimed > 0 else None)
