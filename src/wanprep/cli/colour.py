"""Whether to write in colour: where somebody looks, unless the environment says otherwise."""

from __future__ import annotations

import os
from typing import IO


def in_colour(stream: IO[str]) -> bool:
    """Tell whether colours are wanted: NO_COLOR forbids them, FORCE_COLOR wants them anywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"
