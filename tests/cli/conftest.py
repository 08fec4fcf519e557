"""What all tests of commands get."""

from __future__ import annotations

from commands import wanprep

__all__ = ["wanprep"]
