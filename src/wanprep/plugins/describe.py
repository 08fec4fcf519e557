"""Describe an exception of a plugin: its type, message, file and line."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from typing import Final

_OURS: Final = Path(__file__).parents[1]
_STANDARD: Final = Path(sysconfig.get_path("stdlib"))


def describe_error(error: BaseException) -> str:
    """Return the type and message, and where the plugin's own code raised it or called what did."""
    text = f"{type(error).__name__} ({error})" if str(error) else type(error).__name__
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if _is_of_plugin(Path(frame.filename))
    ]
    return f"{text} at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else text


def _is_of_plugin(file: Path) -> bool:
    is_standard = _STANDARD in file.parents and "site-packages" not in file.parts
    return file.suffix == ".py" and _OURS not in file.parents and not is_standard
