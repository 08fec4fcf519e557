"""The services that are emulated; the first one whose prefix fits answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.emulator.sites import (
    evolink,
    evolink_files,
    faults_desk,
    oxen,
    public,
    runcomfy,
    wavespeed,
)

if TYPE_CHECKING:
    from wanprep.emulator.routes import Site

SITES: Final[tuple[Site, ...]] = (
    evolink_files.SITE,
    evolink.SITE,
    faults_desk.SITE,
    oxen.SITE,
    runcomfy.SITE,
    wavespeed.SITE,
    public.SITE,  # everything else
)
