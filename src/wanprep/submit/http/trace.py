"""Write every HTTP exchange of a command to a file, as JSON lines without secrets."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.errors import UsageError
from wanprep.net.secrets import redact, redact_json
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.flow import Request

_LONGEST_BODY: Final = 20_000  # characters of an answer


class Trace(Closing):
    """An open file, to which several threads may write. Only its owner can read it."""

    def __init__(self, path: str) -> None:
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise UsageError(
                f"{visible(path)} cannot be written: {error.strerror}. Name another file with"
                " --trace."
            ) from error
        self._file = os.fdopen(number, "a", encoding="utf-8")
        self._lock = threading.Lock()

    def write(
        self,
        request: Request,
        *,
        url: str,
        headers: Mapping[str, str],
        seconds: float,
        answer: tuple[int, Mapping[str, str], bytes | None] | None,
        error: str,
    ) -> None:
        """Write one exchange: the request, then the answer or why there is none."""
        sent: dict[str, Any] = {"headers": redact_json(dict(headers))}
        if request.json is not None:
            sent["json"] = redact_json(request.json)
        if request.file is not None:
            sent["file"] = request.file.name
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "seconds": round(seconds, 3),
            "method": request.method,
            "url": redact(url),
            "paid": bool(request.paid),
            "request": sent,
            "answer": _answer(*answer) if answer else None,
            "error": redact(error) or None,
        }
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _answer(status: int, headers: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"status": status, "headers": redact_json(dict(headers))}
    if body is None:  # a download, or a link that was only verified
        return shown
    text = body.decode("utf-8", "replace")
    try:
        return shown | {"json": redact_json(json.loads(text))}
    except (ValueError, RecursionError):
        return shown | {"text": redact(text)[:_LONGEST_BODY]}
