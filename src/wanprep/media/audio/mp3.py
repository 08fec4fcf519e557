"""MP3, MP2 and MP1 files: as long as the frames that are in them.

The first frame of many MP3 files holds no audio but a claim about the rest: the Xing frame,
which LAME calls Info where the bit rate is constant and extends with what a decoder must cut
off for gapless play, or the VBRI frame of Fraunhofer's encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.media.audio.audio_facts import audio_facts, disagreement, playable, unplayable
from wanprep.media.audio.frame_headers import HEADER, MPEG_AUDIO, free_format, is_half_rate
from wanprep.media.audio.framing import REACH, Walk, runs, seconds
from wanprep.media.audio.id3 import claimed_seconds, end_of_id3, overrun
from wanprep.media.facts import Found

if TYPE_CHECKING:
    from wanprep.media.audio.framing import Run
    from wanprep.media.source import Source

LONGEST: Final = 4 + 2 + 32 + 8 + 4 + 4 + 100 + 4 + 24  # up to the end of the delays

_DECODER_DELAY: Final = 529  # samples that every MP3 decoder adds in front
_GAPLESS: Final = (b"LAME", b"Lavf", b"Lavc")  # the writers whose delays ffmpeg believes


@dataclass(frozen=True, slots=True)
class Claim:
    """How many frames should follow, and how many samples of them to cut off."""

    frames: int | None
    front: int = 0
    back: int = 0


def read_claim(frame: bytes) -> Claim | None:
    """Read the claim in a first frame, None where the frame is audio like the others."""
    if frame[36:40] == b"VBRI":
        return Claim(int.from_bytes(frame[50:54], "big"))
    half, mono = is_half_rate(frame[1]), frame[3] >> 6 == 3
    side_info = (9 if mono else 17) if half else (17 if mono else 32)
    for at in (HEADER + side_info, HEADER + 2 + side_info):  # without and with a CRC
        if frame[at : at + 4] in {b"Xing", b"Info"}:
            return _xing(frame[at + 4 :])
    return None


def _xing(data: bytes) -> Claim:
    flags = int.from_bytes(data[:4], "big")
    frames = int.from_bytes(data[4:8], "big") if flags & 1 else None
    at = 4 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if data[at : at + 4] not in _GAPLESS or len(data) < at + 24:
        return Claim(frames)
    delays = int.from_bytes(data[at + 21 : at + 24], "big")
    back = max(0, (delays & 0xFFF) - _DECODER_DELAY)
    return Claim(frames, (delays >> 12) + _DECODER_DELAY, back)


def read_mp3(source: Source) -> Found:
    """Walk every frame; what a Xing header or a tag claims is only compared."""
    pieces = _pieces(source)
    if not pieces:
        wrong = overrun(source) or "no two MP3 frames follow each other in it"
        return unplayable(Found(kind="audio", format="mp3"), wrong)
    first = pieces[0].first
    found = audio_facts("mp3", first.codec, first.rate, first.channels)
    claim = _claim(source, pieces[0])
    plays = seconds(pieces) - (_silent(pieces, claim) / first.rate if claim else 0)
    if plays <= 0:
        return unplayable(found, "nothing in it plays: its only frame describes the others")
    return playable(found, plays, overrun(source) or _dispute(source, pieces, claim, plays))


def _pieces(source: Source) -> list[Run]:
    """Find the frames behind the tags, or else anywhere: a tag's size may be wrong."""
    start = end_of_id3(source)
    pieces = list(runs(source, MPEG_AUDIO, start))
    if not pieces and (free := free_format(source.read_at(start, REACH))):
        return [Walk(source, MPEG_AUDIO).follow(start, free)]
    return pieces or list(runs(source, MPEG_AUDIO, 0))


def _claim(source: Source, run: Run) -> Claim | None:
    """Read what the first frame claims; layers 1 and 2 know no such frames."""
    return read_claim(source.read_at(run.start, LONGEST)) if run.first.codec == "mp3" else None


def _silent(pieces: list[Run], claim: Claim) -> int:
    """Count the samples that no one hears: the claim's own frame and the gapless cuts.

    The cut at the back is made where the claim has the end: only if that is the end.
    """
    run = pieces[0]
    own = run.first.samples
    at_end = len(pieces) == 1 and run.count == (claim.frames or 0) + 1
    # Less audio than the cuts take away: decoders let go of what comes first only.
    fits = claim.front + claim.back < (run.count - 1) * own
    return own + claim.front + (claim.back if at_end and fits else 0)


def _dispute(source: Source, pieces: list[Run], claim: Claim | None, plays: float) -> str | None:
    """Compare the claims about the length with what is there."""
    first = pieces[0].first
    if claim and claim.frames:
        claimed = claim.frames * first.samples / first.rate
        there = seconds(pieces) - first.samples / first.rate
    else:
        claimed, there = claimed_seconds(source) or plays, plays
    return disagreement(claimed, there, slack=max(0.1, 0.02 * claimed))
