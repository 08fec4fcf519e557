"""A file as an answer, whole or in part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.emulator.exchange import Reply, Slice

if TYPE_CHECKING:
    from pathlib import Path

    from wanprep.emulator.exchange import Received

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


def serve_file(received: Received, path: Path, content_type: str) -> Reply:
    """Answer with the bytes that were asked for: one range of them, or all."""
    size = path.stat().st_size
    headers = {"Content-Type": content_type, "Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(received.headers.get("range", ""))
    if not asked or asked[0] == "bytes=-":
        return Reply(headers=headers, body=Slice(path, 0, size))
    start, end = _stretch(asked[1], asked[2], size)
    if start >= size or end < start:
        return Reply(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Reply(status=206, headers=headers, body=Slice(path, start, end - start + 1))


def _stretch(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many bytes
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
