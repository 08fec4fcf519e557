"""EvoLink's files: uploads that are kept for 72 hours."""

from __future__ import annotations

import binascii
import re
import secrets
import time
from base64 import b64decode
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from wanprep.emulator.addresses import fetch
from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply
from wanprep.emulator.form import read_form
from wanprep.emulator.jobs import Failure
from wanprep.emulator.routes import Route, Site
from wanprep.emulator.sites.paging import page_of
from wanprep.emulator.sites.times import iso

if TYPE_CHECKING:
    from wanprep.emulator.shelf import Stored
    from wanprep.emulator.state import State

_PLACE: Final = "/stored/evolink/"
_LIFETIME: Final = 72 * 3600
_LARGEST: Final = 100 * 1024 * 1024
_MOST: Final = 2000
# Pictures as the documents list them, sound and video as the official clients send them.
_TYPES: Final = re.compile(r"image/(jpeg|png|gif|webp)|audio/.+|video/.+")
_DATA_URL: Final = re.compile(r"data:([\w.+/-]+);base64,(.*)", re.DOTALL)


def stream(state: State, received: Received) -> Reply:
    """Take a file from a form."""
    form = read_form(received)
    file = form.file("file")
    folder = form.texts.get("upload_path") or form.texts.get("uploadPath", "")
    name = form.texts.get("file_name") or form.texts.get("fileName") or file.name
    return _keep(state, file.content, file.content_type, name=name, folder=folder)


def base64(state: State, received: Received) -> Reply:
    """Take a file from JSON, plain or as a data URL."""
    body = received.json()
    text = str(body.get("base64_data", ""))
    named = _DATA_URL.fullmatch(text)
    kind, data = named.groups() if named else ("", text)
    try:
        content = b64decode(data, validate=True)
    except binascii.Error as error:
        raise Wrong(400, "base64_data is no base64") from error
    names = _names(body)
    return _keep(state, content, kind or _type_by(names["name"]), **names)


def by_url(state: State, received: Received) -> Reply:
    """Take a file from an address; one elsewhere is not fetched but drawn."""
    from wanprep.emulator.pictures import card
    from wanprep.emulator.scene import Reference

    body = received.json()
    url = str(body.get("file_url", ""))
    found = fetch(state, url)
    if isinstance(found, Failure):
        raise Wrong(400, found.message)
    body.setdefault("file_name", urlsplit(url).path.rpartition("/")[2])
    names = _names(body)
    if found is None:
        return _keep(state, card(Reference("image", url), (480, 270)), "image/png", **names)
    return _keep(state, found.read_bytes(), _type_by(names["name"]), **names)


def delete(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Remove a file."""
    for stored in state.shelf.below(f"{_PLACE}{name}/"):
        state.shelf.remove(stored.place)
        return json_reply({"success": True, "code": 200, "msg": "deleted"})
    raise Wrong(404, f"there is no file {name}")


def listed(state: State, received: Received) -> Reply:
    """List the files that are kept."""
    page, size = received.query.get("page", 1), received.query.get("pageSize", 20)
    files = [_told(state, stored) for stored in state.shelf.below(_PLACE)]
    part = page_of(files, page, size)
    return _success({"files": part, "total": len(files), "page": int(page), "pageSize": int(size)})


def quota(state: State, received: Received) -> Reply:  # noqa: ARG001
    """Tell how many files may still come."""
    used = len(list(state.shelf.below(_PLACE)))
    left = {"used_files": used, "max_files": _MOST, "remain_files": _MOST - used}
    return _success({"user_group": "default", **left})


def error(wrong: Wrong) -> Reply:
    """Say that it failed; what is wrong with a file comes with HTTP 200, as documented."""
    status = 200 if wrong.status in {400, 413, 415} else wrong.status
    return json_reply({"success": False, "code": wrong.status, "msg": wrong.message}, status)


def _keep(state: State, content: bytes, kind: str, *, name: str, folder: str) -> Reply:
    if not content:
        raise Wrong(400, "the file is empty")
    if len(content) > _LARGEST:
        raise Wrong(413, "the file is larger than 100 MB")
    if not _TYPES.fullmatch(kind):
        raise Wrong(415, f"files of type {kind} are not supported")
    place = f"{_PLACE}file_{secrets.token_hex(6)}/{name.replace('/', '_')}"
    stored = state.shelf.put(place, content, kind, lifetime=_LIFETIME)
    return _success(_told(state, stored) | {"upload_path": folder})


def _told(state: State, stored: Stored) -> dict[str, Any]:
    name = stored.place.rpartition("/")[2]
    url = state.url + quote(stored.place)
    return {
        "file_id": stored.place.split("/")[3],
        "file_name": name,
        "original_name": name,
        "file_size": stored.bytes,
        "mime_type": stored.content_type,
        "upload_path": "",
        "file_url": url,
        "download_url": url,
        "upload_time": iso(stored.since),
        "expires_at": iso(stored.expires or time.time()),
    }


def _names(body: dict[str, Any]) -> dict[str, str]:
    folder = body.get("upload_path") or body.get("uploadPath") or ""
    name = body.get("file_name") or body.get("fileName") or "upload"
    return {"name": str(name), "folder": str(folder)}


def _type_by(name: str) -> str:
    return guess_type(name)[0] or "application/octet-stream"


def _success(data: dict[str, Any]) -> Reply:
    return json_reply({"success": True, "code": 200, "msg": "success", "data": data})


SITE = Site(
    "/evolink/api/v1/files",
    (
        Route("POST", "/upload/stream", stream),
        Route("POST", "/upload/base64", base64),
        Route("POST", "/upload/url", by_url),
        Route("DELETE", "/{name}", delete),
        Route("GET", "/list", listed),
        Route("GET", "/quota", quota),
    ),
    error,
)
