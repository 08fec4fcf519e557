"""What needs no key: uploaded files, results behind signed links, and a bucket of your own.

`PUT /files/NAME` stands in for the user's own storage: what lies there is public.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote
from xml.sax.saxutils import escape

from wanprep.emulator.exchange import Reply, Slice, Wrong
from wanprep.emulator.links import is_valid
from wanprep.emulator.routes import Route, Site
from wanprep.emulator.serve_file import serve_file

if TYPE_CHECKING:
    from wanprep.emulator.exchange import Received
    from wanprep.emulator.state import State

_PAGE: Final = b"<!DOCTYPE html><html><title>Sign in</title><p>Please sign in.</html>\n"
_CODES: Final = {400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey"}


def put(state: State, received: Received, name: str) -> Reply:
    """Keep a file in the bucket."""
    kind = received.headers.get("content-type", "application/octet-stream")
    state.shelf.put(f"/files/{name}", received.body, kind)
    return Reply()


def get(state: State, received: Received, **_: str) -> Reply:
    """Serve a file that was uploaded."""
    stored = state.shelf.get(unquote(received.path))
    if stored is None:
        raise Wrong(404, "there is no such file, or its time is over")
    return serve_file(received, stored.path, stored.content_type)


def upload_announced(state: State, received: Received, name: str) -> Reply:
    """Take the bytes of an upload that was announced, exactly as it was announced."""
    _refuse_key(received)
    size, kind = state.announced.get(name, (-1, ""))
    if size < 0:
        raise Wrong(403, "no upload was announced here")
    if received.headers.get("content-type") != kind or len(received.body) != size:
        raise Wrong(403, "the headers or the length differ from what was announced")
    state.shelf.put(f"/stored/wavespeed/{name}", received.body, kind, lifetime=7 * 86_400)
    return Reply()


def result(state: State, received: Received, name: str) -> Reply:
    """Serve a job's video to who has a link that is still alive."""
    _refuse_key(received)
    if not is_valid(state, name, received.query) or state.faults.take("expired-link"):
        raise Wrong(403, "Request has expired")
    job = next((job for job in state.jobs.all() if job.id == name), None)
    if job is None or job.result is None:
        raise Wrong(404, "there is no such video")
    reply = serve_file(received, job.result, "video/mp4")
    return reply if received.method == "HEAD" else _spoilt(state, reply)


def _spoilt(state: State, reply: Reply) -> Reply:
    if state.faults.take("html-result"):
        return Reply(headers={"Content-Type": "text/html"}, body=_PAGE)
    if state.faults.take("damaged-result") and isinstance(reply.body, Slice):
        return replace(reply, body=replace(reply.body, length=reply.body.length // 2))
    return replace(reply, broken=state.faults.take("truncated-download"))


def _refuse_key(received: Received) -> None:
    # As signed storage does; and a key has no business there.
    if "authorization" in received.headers:
        raise Wrong(400, "Only one auth mechanism allowed: the link is signed, send no key")


def error(wrong: Wrong) -> Reply:
    """Answer as object storage does."""
    code = _CODES.get(wrong.status, "InternalError")
    body = f"<Error><Code>{code}</Code><Message>{escape(wrong.message)}</Message></Error>"
    return Reply(
        status=wrong.status, headers={"Content-Type": "application/xml"}, body=body.encode()
    )


SITE = Site(
    "",
    (
        Route("GET", "/files/{name...}", get, "open"),
        Route("PUT", "/files/{name...}", put, "open"),
        Route("GET", "/stored/{name...}", get, "open"),
        Route("PUT", "/announced/{name...}", upload_announced, "open"),
        Route("GET", "/results/{name}/video.mp4", result, "open"),
    ),
    error,
)
