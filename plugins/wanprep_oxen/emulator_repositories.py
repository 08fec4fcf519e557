"""Oxen's repositories emulated, as a place for files. Every one exists, and is public."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from wanprep.emulator import HttpError, Reply, Request, Route, iso_time, json_reply

if TYPE_CHECKING:
    from wanprep.emulator import State


def _create(state: State, request: Request) -> Reply:
    """Make a repository; 409 when it was made before."""
    body = request.json()
    name = f"{body.get('namespace')}/{body.get('name')}"
    with state.lock:
        existing = state.extra.setdefault("oxen", set())
        if name in existing:
            raise HttpError(409, f"the repository {name} exists")
        existing.add(name)
    return json_reply({"status": "success", "repository": {"namespace_name": name}})


def _put(state: State, request: Request, path: str, **_: str) -> Reply:
    """Commit a file."""
    form = request.form()
    file = form.file("file", "files[]")
    missing = [field for field in ("message", "name", "email") if not form.strings.get(field)]
    if missing:
        raise HttpError(400, f"the form lacks {', '.join(missing)}", code="invalid_params")
    state.uploads.put(unquote(request.path), file.content, file.content_type)
    digest = hashlib.sha256(file.content).hexdigest()[:32]
    commit = {
        "id": digest,
        "message": form.strings["message"],
        "author": form.strings["name"],
        "timestamp": iso_time(time.time()),
    }
    stored = {"path": path, "size": len(file.content), "hash": digest}
    return json_reply({"commit": commit, "file": stored})


def _get(state: State, request: Request, **_: str) -> Reply:
    return state.uploads.reply(request, "there is no such file")


_FILE: Final = "/api/repos/{owner}/{name}/file/{branch}/{path...}"
ROUTES: Final = (
    Route("POST", "/api/repos", _create),
    Route("PUT", _FILE, _put),
    Route("GET", _FILE, _get, "open"),
)
