"""Everything that one running emulator knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.emulator.faults import Faults
    from wanprep.emulator.jobs import Jobs
    from wanprep.emulator.shelf import Shelf


@dataclass(slots=True, kw_only=True)
class State:
    """What the sites share."""

    url: str  # the emulator's own address, without a slash at its end
    folder: Path
    speed: float
    faults: Faults
    jobs: Jobs
    shelf: Shelf
    secret: bytes  # signs the links of results
    closing: Event = field(default_factory=Event)
    lock: Any = field(default_factory=RLock)  # for what must not happen twice at once
    repositories: set[str] = field(default_factory=set)  # Oxen's
    announced: dict[str, tuple[int, str]] = field(default_factory=dict)  # WaveSpeed's two steps
