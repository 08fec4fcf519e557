"""Estimate the frames of an MP3 of which only parts are here: those that a server sent.

A Xing, Info or VBRI header states their number and their size. Without one, equal bit rates at the
beginning, in the middle and at the end make a constant bit rate. Whatever does not fit is walked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.media.audio.frames import Run, end_of_id3, runs
from wanprep.media.audio.mp3 import HEADER, LONGEST, MPEG_AUDIO, read_claim
from wanprep.media.source import Bytes, at_hand

if TYPE_CHECKING:
    from wanprep.media.source import Source

_WINDOW: Final = 48 * 1024
_SAMPLE: Final = 16 * 1024
_SMALLEST_FRAME: Final = 24  # 8 kbit/s at 24 kHz
_LARGEST_FRAME: Final = 2881  # of layer 3: 320 kbit/s at 16 kHz, padded
_MANY: Final = 12
_TOLERANCE: Final = 0.02
# What may follow the audio.
_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_PADDED: Final = 2  # a bit of the third byte


def estimate_run(source: Source) -> Run | None:
    """Return all frames as one run; None: the file is here, or has to be walked."""
    if at_hand(source, 0) >= source.size:
        return None
    start = end_of_id3(source)
    beginning = source.read_at(start, min(_WINDOW, at_hand(source, start) or _WINDOW))
    run = next(runs(Bytes(beginning), MPEG_AUDIO, 0), None)
    if run is None or run.start or run.count < _MANY or _ends_early(run, beginning):
        return None
    claim = read_claim(beginning[:LONGEST]) if run.first.codec == "mp3" else None
    if claim and claim.frames and claim.bytes:
        end, count = start + claim.bytes, claim.frames + 1
        fits = _fits(claim.bytes / count, run, beginning) and _is_end(source, end)
        return Run(run.first, start, end, count) if fits else None
    return _constant(source, start, run, beginning)


def _ends_early(run: Run, data: bytes) -> bool:
    return run.end + _LARGEST_FRAME < len(data)


def _fits(size: float, run: Run, data: bytes) -> bool:
    """Whether frames may have this average size: that of the first ones, if it is constant."""
    first = run.first.size_at(data, 0)  # the header, whose bit rate may be another one
    audio = Run(run.first, first, run.end, run.count - 1)
    if len({each & ~_PADDED for each in _third_bytes(audio, data)}) > 1:
        return _SMALLEST_FRAME <= size <= _LARGEST_FRAME
    return abs(size / ((audio.end - audio.start) / audio.count) - 1) < _TOLERANCE


def _is_end(source: Source, end: int) -> bool:
    """Whether the audio ends here: the file does, or a tag follows, but not another file's."""
    end = end_of_id3(source, end)
    return end == source.size or source.read_at(end, len(_TAGS[-1])).startswith(_TAGS)


def _constant(source: Source, start: int, run: Run, beginning: bytes) -> Run | None:
    """Return frames with the same bit rate at the beginning, in the middle and at the end.

    The middle counts because a variable bit rate is often the lowest at both ends: silence.
    """
    samples = [(run, beginning)]
    for at, length in ((max(start, source.size - _WINDOW), _WINDOW), (source.size // 2, _SAMPLE)):
        data = source.read_at(at, length)
        found = next(runs(Bytes(data), MPEG_AUDIO, 0), None)
        if found is None or found.start > _LARGEST_FRAME:
            return None
        samples.append((found, data))
        if not _is_constant(samples):
            return None
    last, tail = samples[1]
    end = source.size - len(tail) + last.end
    if not _is_end(source, end) or _ends_early(samples[2][0], samples[2][1]):
        return None
    # Padding makes frames as long as the bit rate demands on average.
    size = sum(each.end - each.start for each, _ in samples) / sum(n.count for n, _ in samples)
    return Run(run.first, start, end, round((end - start) / size))


def _is_constant(samples: list[tuple[Run, bytes]]) -> bool:
    rates = {each & ~_PADDED for run, data in samples for each in _third_bytes(run, data)}
    return len(rates) == 1


def _third_bytes(run: Run, data: bytes) -> set[int]:
    """Return the bytes that hold the bit rates of complete frames."""
    found, at = set(), run.start
    while at + HEADER <= len(data) and (size := run.first.size_at(data, at)):
        found.add(data[at + 2])
        at += size
    return found
