"""WaveSpeed's uploads: a form in one step, or an announcement and a PUT. Kept for 7 days."""

from __future__ import annotations

import re
import secrets
from mimetypes import guess_type
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from wanprep.emulator.exchange import Received, Reply, Wrong
from wanprep.emulator.form import read_form
from wanprep.emulator.sites.wavespeed_envelope import success

if TYPE_CHECKING:
    from wanprep.emulator.state import State

_TYPES: Final = re.compile(r"(image|video|audio)/.+")
_UNTOLD: Final = "application/octet-stream"


def binary(state: State, received: Received) -> Reply:
    """Take a file from a form."""
    file = read_form(received).file("file")
    kind = _allowed(file.content_type, file.name)
    name = _fresh(file.name)
    state.shelf.put(f"/stored/wavespeed/{name}", file.content, kind, lifetime=7 * 86_400)
    told = {"type": kind.partition("/")[0], "download_url": _url(state, name)}
    return success({**told, "filename": file.name, "size": len(file.content)})


def announce(state: State, received: Received) -> Reply:
    """Say where to PUT a file; there is nothing at its address before that is done."""
    body = received.json()
    size = body.get("size")
    if not isinstance(size, int) or size < 1 or not body.get("filename"):
        raise Wrong(400, "filename and size are needed", code=1400)
    kind = _allowed(str(body.get("content_type", _UNTOLD)), str(body["filename"]))
    name = _fresh(str(body["filename"]))
    state.announced[name] = (size, kind)
    url = f"{state.url}/announced/{quote(name)}?Signature={secrets.token_hex(20)}"
    upload = {"method": "PUT", "url": url, "headers": {"Content-Type": kind}}
    return success({"upload": upload, "download_url": _url(state, name)})


def _allowed(kind: str, name: str) -> str:
    if kind == _UNTOLD:
        kind = guess_type(name)[0] or kind
    if not _TYPES.fullmatch(kind):
        raise Wrong(400, f"files of type {kind} are not supported", code=1401)
    return kind


def _fresh(name: str) -> str:
    return f"{secrets.token_hex(8)}/{name.replace('/', '_')}"


def _url(state: State, name: str) -> str:
    return state.url + quote(f"/stored/wavespeed/{name}")
