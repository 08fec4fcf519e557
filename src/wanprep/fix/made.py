"""What a hand reports of its work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wanprep.errors import WanprepError

# Told now and then how much of the work is done, from 0 to 1.
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a file was written: enough for its receipt."""

    commands: tuple[tuple[str, ...], ...] = ()  # of ffmpeg, as they ran
    settings: Mapping[str, object] = field(default_factory=dict)  # of Pillow: quality, size, ...
    tools: Mapping[str, str] = field(default_factory=dict)  # names and versions
    encodes: int = 0
    notes: tuple[str, ...] = ()  # sentences for the user: what turned out otherwise than planned


class CannotMake(WanprepError):
    """A repair failed; the message says why and what to do. Nothing was written."""
