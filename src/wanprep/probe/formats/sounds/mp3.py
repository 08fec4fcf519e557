"""MP3 and its elder brothers MP1 and MP2: as long as the frames that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanprep.probe.facts import Found
from wanprep.probe.formats.sounds.framing import REACH, Walk, runs, seconds
from wanprep.probe.formats.sounds.id3 import claimed_seconds, end_of_id3, overrun
from wanprep.probe.formats.sounds.mpeg_audio import MPEG_AUDIO, free_format
from wanprep.probe.formats.sounds.sound import disagreement, playable, sound, unplayable
from wanprep.probe.formats.sounds.xing import LONGEST, Claim, read_claim

if TYPE_CHECKING:
    from wanprep.probe.formats.sounds.framing import Run
    from wanprep.probe.source import Source


def read_mp3(source: Source) -> Found:
    """Walk every frame; what a Xing header or a tag claims is only compared."""
    pieces = _pieces(source)
    if not pieces:
        wrong = overrun(source) or "no two MP3 frames follow each other in it"
        return unplayable(Found(kind="audio", format="mp3"), wrong)
    first = pieces[0].first
    found = sound("mp3", first.codec, first.rate, first.channels)
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
    # Less sound than the cuts take away: decoders let go of what comes first only.
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
