"""What goes into which container without being encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from wanprep.fix.limits import Limits
    from wanprep.probe.facts import Facts

Container = Literal["mp4", "mov"]

CONTAINERS: Final[tuple[Container, ...]] = ("mp4", "mov")
# Only of these a copy keeps the order of the frames: the others write down no time of showing.
_TIMED: Final = frozenset({"mp4", "mov", "3gp", "mkv", "webm", "flv", "ts"})
# What an MP4 is widely understood to hold; a MOV that stays a MOV may keep what it has.
_HELD: Final = frozenset({"h264", "hevc", "av1", "mpeg4"})
_HEARD: Final = frozenset({"aac", "mp3"})


def container_for(limits: Limits, own: tuple[Container, ...]) -> Container:
    """Stay in a MOV where nothing is encoded; else write MP4, unless it is refused."""
    return next((each for each in (*own, *CONTAINERS) if limits.allows("format", each)), "mp4")


def copies(facts: Facts, container: Container) -> bool:
    """Tell whether the picture may be moved into a container as it is."""
    held = facts.video_codec in _HELD or container == facts.format
    return held and facts.format in _TIMED


def holds_sound(facts: Facts, container: Container) -> bool:
    """Tell whether the sound may be moved with it."""
    return facts.audio_codec in _HEARD or container == facts.format


def keeps_sound(facts: Facts, limits: Limits) -> bool:
    """Tell whether the sound may stay as it is beside a picture that is encoded."""
    timed = facts.format in _TIMED and facts.audio_codec in _HEARD
    return timed and limits.allows("audio_codec", facts.audio_codec)
