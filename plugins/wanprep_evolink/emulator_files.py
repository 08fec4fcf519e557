"""EvoLink's files emulated: uploads that are kept for 72 hours."""

from __future__ import annotations

import binascii
import re
import secrets
import time
from base64 import b64decode
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from wanprep.emulator import (
    Failure,
    HttpError,
    Reference,
    Reply,
    Request,
    Route,
    Site,
    draw_card,
    fetch,
    iso_time,
    json_reply,
    page_of,
)

if TYPE_CHECKING:
    from wanprep.emulator import State, Upload

_PLACE: Final = "/stored/evolink/"
_LIFETIME: Final = 72 * 3600
_LARGEST: Final = 100 * 1024 * 1024
_MOST: Final = 2000
# Images as the documents list them, audio and video as the official clients send them.
_TYPES: Final = re.compile(r"image/(jpeg|png|gif|webp)|audio/.+|video/.+")
_DATA_URL: Final = re.compile(r"data:([\w.+/-]+);base64,(.*)", re.DOTALL)


def _upload_form(state: State, request: Request) -> Reply:
    form = request.form()
    file = form.file("file")
    folder, name = _names(form.strings, file.name)
    return _keep(state, file.content, file.content_type, name=name, folder=folder)


def _upload_base64(state: State, request: Request) -> Reply:
    """Accept a file from JSON, plain or as a data URL."""
    body = request.json()
    string = str(body.get("base64_data", ""))
    data_url = _DATA_URL.fullmatch(string)
    kind, data = data_url.groups() if data_url else ("", string)
    try:
        content = b64decode(data, validate=True)
    except binascii.Error as error:
        raise HttpError(400, "base64_data is not base64") from error
    folder, name = _names(body, "upload")
    return _keep(state, content, kind or _type_by(name), name=name, folder=folder)


def _upload_url(state: State, request: Request) -> Reply:
    """Accept a file from a URL; on another host a drawn image takes its place."""
    body = request.json()
    url = str(body.get("file_url", ""))
    file = fetch(state, url)
    if isinstance(file, Failure):
        raise HttpError(400, file.message)
    folder, name = _names({"file_name": urlsplit(url).path.rpartition("/")[2]} | body, "upload")
    if file is None:
        card = draw_card(Reference("image", url), (480, 270))
        return _keep(state, card, "image/png", name=name, folder=folder)
    return _keep(state, file.read_bytes(), _type_by(name), name=name, folder=folder)


def _delete(state: State, _request: Request, name: str) -> Reply:
    for upload in state.uploads.below(f"{_PLACE}{name}/"):
        state.uploads.remove(upload.place)
        return json_reply({"success": True, "code": 200, "msg": "deleted"})
    raise HttpError(404, f"there is no file {name}")


def _list(state: State, request: Request) -> Reply:
    files = [_details(state, upload) for upload in state.uploads.below(_PLACE)]
    return _success(page_of(files, request.query, "files", size="pageSize"))


def _quota(state: State, _request: Request) -> Reply:
    used = len(list(state.uploads.below(_PLACE)))
    left = {"used_files": used, "max_files": _MOST, "remain_files": _MOST - used}
    return _success({"user_group": "default", **left})


def _keep(state: State, content: bytes, kind: str, *, name: str, folder: str) -> Reply:
    if not content:
        raise HttpError(400, "the file is empty")
    if len(content) > _LARGEST:
        raise HttpError(413, "the file is larger than 100 MB")
    if not _TYPES.fullmatch(kind):
        raise HttpError(415, f"files of type {kind} are not supported")
    place = f"{_PLACE}file_{secrets.token_hex(6)}/{name.replace('/', '_')}"
    upload = state.uploads.put(place, content, kind, lifetime=_LIFETIME)
    return _success(_details(state, upload) | {"upload_path": folder})


def _details(state: State, upload: Upload) -> dict[str, Any]:
    name = upload.place.rpartition("/")[2]
    url = state.url + quote(upload.place)
    return {
        "file_id": upload.place.split("/")[3],
        "file_name": name,
        "original_name": name,
        "file_size": upload.bytes,
        "mime_type": upload.content_type,
        "upload_path": "",
        "file_url": url,
        "download_url": url,
        "upload_time": iso_time(upload.created),
        "expires_at": iso_time(upload.expires or time.time()),
    }


def _names(fields: dict[str, Any], default: str) -> tuple[str, str]:
    """Read a file's folder and name."""
    folder = fields.get("upload_path") or fields.get("uploadPath") or ""
    name = fields.get("file_name") or fields.get("fileName") or default
    return str(folder), str(name)


def _type_by(name: str) -> str:
    return guess_type(name)[0] or "application/octet-stream"


def _success(data: dict[str, Any]) -> Reply:
    return json_reply({"success": True, "code": 200, "msg": "success", "data": data})


def _error(error: HttpError) -> Reply:
    """Answer with an error; errors of a file come with HTTP 200, as documented."""
    status = 200 if error.status in {400, 413, 415} else error.status
    return json_reply({"success": False, "code": error.status, "msg": error.message}, status)


SITE: Final = Site(
    name="evolink",
    path="/api/v1/files",
    routes=(
        Route("POST", "/upload/stream", _upload_form),
        Route("POST", "/upload/base64", _upload_base64),
        Route("POST", "/upload/url", _upload_url),
        Route("DELETE", "/{name}", _delete),
        Route("GET", "/list", _list),
        Route("GET", "/quota", _quota),
    ),
    error=_error,
)
