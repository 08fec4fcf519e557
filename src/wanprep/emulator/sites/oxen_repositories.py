"""Oxen's repositories as a place for files. Every repository exists, and is public."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply
from wanprep.emulator.form import read_form
from wanprep.emulator.serve_file import serve_file
from wanprep.emulator.sites.times import iso

if TYPE_CHECKING:
    from wanprep.emulator.state import State


def create(state: State, received: Received) -> Reply:
    """Make a repository; 409 when it was made before."""
    body = received.json()
    name = f"{body.get('namespace')}/{body.get('name')}"
    with state.lock:
        if name in state.repositories:
            raise Wrong(409, f"the repository {name} exists")
        state.repositories.add(name)
    return json_reply({"status": "success", "repository": {"namespace_name": name}})


def put(state: State, received: Received, path: str, **_: str) -> Reply:
    """Commit a file."""
    form = read_form(received)
    file = form.file("file", "files[]")
    missing = [field for field in ("message", "name", "email") if not form.texts.get(field)]
    if missing:
        raise Wrong(400, f"the form lacks {', '.join(missing)}", code="invalid_params")
    state.shelf.put(unquote(received.path), file.content, file.content_type)
    digest = hashlib.sha256(file.content).hexdigest()
    commit = {
        "id": digest[:32],
        "message": form.texts["message"],
        "author": form.texts["name"],
        "timestamp": iso(time.time()),
    }
    told = {"path": path, "size": len(file.content), "hash": digest[:32]}
    return json_reply({"commit": commit, "file": told})


def get(state: State, received: Received, **_: str) -> Reply:
    """Serve a file."""
    stored = state.shelf.get(unquote(received.path))
    if stored is None:
        raise Wrong(404, "there is no such file")
    return serve_file(received, stored.path, stored.content_type)
