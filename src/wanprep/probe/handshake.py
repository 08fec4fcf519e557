"""What a worker says first: one that dies without having said it could not be started at all."""

from __future__ import annotations

from typing import Final

READY: Final = b"ready\n"
