"""Files at public URLs: uploads, results behind signed links, and a bucket of your own.

`PUT /files/NAME` stands in for the user's own storage: all files there are public.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from html import escape
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from wanprep.dataclass import dataclass
from wanprep.emulator.messages import HttpError, Reply, Request, Route, Site, Slice, file_reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wanprep.emulator.emulator import State

_PAGE: Final = b"<!DOCTYPE html><html><title>Sign in</title><p>Please sign in.</html>\n"
_CODES: Final = {400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file."""

    place: str  # the path of its public URL, decoded
    path: Path
    content_type: str
    bytes: int
    created: float
    expires: float | None

    @property
    def is_expired(self) -> bool:
        """Whether it is no longer kept."""
        return self.expires is not None and time.time() >= self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class _Announced:
    place: str
    size: int
    content_type: str
    lifetime: float | None


class Uploads:
    """All files that were uploaded, by the path of their URL; any below /stored/ is public."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Upload] = {}
        self._announced: dict[str, _Announced] = {}
        self._numbers = count(1)
        self._lock = Lock()

    def put(
        self, place: str, content: bytes, content_type: str, *, lifetime: float | None = None
    ) -> Upload:
        """Keep a file, for some seconds or for good."""
        path = self._folder / f"upload-{next(self._numbers)}"
        path.write_bytes(content)
        now = time.time()
        upload = Upload(
            place=place,
            path=path,
            content_type=content_type,
            bytes=len(content),
            created=now,
            expires=None if lifetime is None else now + lifetime,
        )
        with self._lock:
            self._files[place] = upload
        return upload

    def announce(
        self, place: str, size: int, content_type: str, *, lifetime: float | None = None
    ) -> str:
        """Return the path of a signed URL that takes exactly this file in one PUT without a key."""
        name = place.removeprefix("/stored/")
        with self._lock:
            self._announced[name] = _Announced(
                place=place, size=size, content_type=content_type, lifetime=lifetime
            )
        return f"/announced/{quote(name)}?Signature={secrets.token_hex(20)}"

    def put_announced(self, name: str, content: bytes, content_type: str) -> Upload:
        """Keep the file of an upload that was announced, exactly as it was announced."""
        announced = self._announced.get(name)
        if announced is None:
            raise HttpError(403, "no upload was announced here")
        if content_type != announced.content_type or len(content) != announced.size:
            raise HttpError(403, "the headers or the length differ from what was announced")
        return self.put(announced.place, content, content_type, lifetime=announced.lifetime)

    def get(self, place: str) -> Upload | None:
        """Return a file that is still there."""
        with self._lock:
            upload = self._files.get(place)
        return None if upload is None or upload.is_expired else upload

    def find(self, url: str) -> Upload | None:
        """Return the file at one of the emulator's URLs."""
        return self.get(unquote(urlsplit(url).path))

    def reply(self, request: Request, otherwise: str) -> Reply:
        """Serve the file at a request's path, or answer 404 with this message."""
        upload = self.find(request.path)
        if upload is None:
            raise HttpError(404, otherwise)
        return file_reply(request, upload.path, upload.content_type)

    def remove(self, place: str) -> None:
        """Forget a file."""
        with self._lock:
            self._files.pop(place, None)

    def below(self, prefix: str) -> Iterator[Upload]:
        """List what is still there below a path, the oldest first."""
        with self._lock:
            files = tuple(self._files.values())
        return (each for each in files if each.place.startswith(prefix) and not each.is_expired)


def _put_file(state: State, request: Request, name: str) -> Reply:
    kind = request.headers.get("content-type", "application/octet-stream")
    state.uploads.put(f"/files/{name}", request.body, kind)
    return Reply()


def _get_file(state: State, request: Request, **_: str) -> Reply:
    return state.uploads.reply(request, "there is no such file, or it has expired")


def _put_announced(state: State, request: Request, name: str) -> Reply:
    _refuse_key(request)
    state.uploads.put_announced(name, request.body, request.headers.get("content-type", ""))
    return Reply()


def _get_result(state: State, request: Request, name: str) -> Reply:
    _refuse_key(request)
    if not state.is_valid_link(name, request.query) or state.faults.trigger("expired-link"):
        raise HttpError(403, "Request has expired")
    job = next((job for job in state.jobs.all() if job.id == name), None)
    if job is None or job.result is None:
        raise HttpError(404, "there is no such video")
    reply = file_reply(request, job.result, "video/mp4")
    return reply if request.method == "HEAD" else _with_faults(state, reply)


def _with_faults(state: State, reply: Reply) -> Reply:
    if state.faults.trigger("html-result"):
        return Reply(headers={"Content-Type": "text/html"}, body=_PAGE)
    if state.faults.trigger("damaged-result") and isinstance(reply.body, Slice):
        return replace(reply, body=replace(reply.body, length=reply.body.length // 2))
    return replace(reply, broken=state.faults.trigger("truncated-download"))


def _refuse_key(request: Request) -> None:
    # As signed storage does, which must not receive a key.
    if "authorization" in request.headers:
        raise HttpError(400, "Only one auth mechanism allowed: the link is signed, send no key")


def _error(error: HttpError) -> Reply:
    """Answer as object storage does."""
    code = _CODES.get(error.status, "InternalError")
    message = escape(error.message, quote=False)
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(
        status=error.status, headers={"Content-Type": "application/xml"}, body=body.encode()
    )


SITE: Final = Site(
    name="",
    routes=(
        Route("GET", "/files/{name...}", _get_file, "open"),
        Route("PUT", "/files/{name...}", _put_file, "open"),
        Route("GET", "/stored/{name...}", _get_file, "open"),
        Route("PUT", "/announced/{name...}", _put_announced, "open"),
        Route("GET", "/results/{name}/video.mp4", _get_result, "open"),
    ),
    error=_error,
)
