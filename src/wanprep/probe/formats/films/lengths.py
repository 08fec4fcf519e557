"""Put the lengths that were measured in place of those that a header claims, and judge.

The containers that are walked from frame to frame (Matroska, AVI, FLV, ASF) share this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.sound import disagreement

if TYPE_CHECKING:
    from collections.abc import Collection

    from wanprep.probe.facts import Found
    from wanprep.probe.formats.films.stamps import Clock, Shown
    from wanprep.probe.mediainfo import AudioStream, VideoStream

# A claim may be this far from the frames, in seconds and as a share, before we speak of it.
_TOLERANCE: Final = 0.1
_RELATIVE_TOLERANCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Ending:
    """How a walk through a file ended."""

    size: int  # of the file
    claimed: int | None  # by its own account, where it has one
    cut: bool  # in the middle of a frame
    whole: bool = True  # False: there was too much to look at all of it


@dataclass(frozen=True, slots=True)
class Lengths:
    """From when until when frames are shown, and the claim in the header; in seconds."""

    start: float
    end: float
    claimed: float | None
    slack: float

    @property
    def duration(self) -> float | None:
        """Tell how long it plays; None where a single frame does not say."""
        return self.end - self.start or None

    def disagreement(self) -> str | None:
        """Say so when the claim fits neither from zero on nor from the first frame on."""
        if self.claimed is None or abs(self.claimed - self.end) <= self.slack:
            return None
        return disagreement(self.claimed, self.end - self.start, self.slack)


def lengths(media: Collection[Shown], end: float, clock: Clock) -> Lengths | None:
    """Sum up the tracks of pictures and sound; `end` is that of any track."""
    if not media:
        return None
    claimed = clock.claimed / clock.rate if clock.claimed else None
    slowest = min((track.fps for track in media if track.fps), default=None)
    start = min(track.start for track in media)
    return Lengths(start, end, claimed, slack(claimed or 0.0, slowest))


def slack(claimed: float, fps: float | None) -> float:
    """Tell by how many seconds an honest header may differ from the frames."""
    return max(_TOLERANCE, _RELATIVE_TOLERANCE * claimed, 1 / fps if fps else 0.0)


def with_times(video: VideoStream, times: Shown | None) -> VideoStream:
    """Say of a picture track what its frames say; None means that it has none."""
    if times is None:
        return replace(video, duration=None, fps=None, vfr=None, frames=0)
    return replace(
        video,
        duration=times.length,
        fps=times.fps or video.fps,
        vfr=times.varies,
        frames=times.frames,
    )


def with_length(audio: AudioStream, times: Shown | None) -> AudioStream:
    """Say of a sound track what its frames say; None means that it has none."""
    return replace(audio, duration=times.length if times else None)


def verdict(found: Found, plays: Lengths | None, ending: Ending) -> Found:
    """Tell whether a file can be used, and what is wrong with it."""
    if not found["readable"]:
        return {}
    if unusable := _unusable(found, plays, ending):
        return {"readable": False, "problem": unusable}
    problem = plays.disagreement() if plays else None
    if ending.cut:
        problem = "cut off in its last frame, which is left out here"
    return {"problem": problem} if problem else {}


def _unusable(found: Found, plays: Lengths | None, ending: Ending) -> str | None:
    if cut := _cut_off(plays, ending):
        return cut
    if found["kind"] == "other":
        return "it has neither a picture nor a sound track"
    if plays is None and ending.whole:
        return "it has no frames, only a header"
    if found.get("frames") == 0:
        return "its picture track has no frames"
    return None


def _cut_off(plays: Lengths | None, ending: Ending) -> str | None:
    known = plays if plays and plays.claimed else None
    if ending.claimed and ending.claimed > ending.size:
        # All frames may be there nevertheless: what is missing is the index for seeking, and
        # no decoder minds.
        if ending.cut or known is None or known.disagreement():
            return f"cut off: {ending.size:,} of {ending.claimed:,} bytes are there"
    elif ending.cut and known and known.disagreement():
        return f"cut off: {known.end:,.1f} of {known.claimed:,.1f} s are there"
    return None
