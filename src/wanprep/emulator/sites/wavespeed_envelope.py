"""The envelope of every WaveSpeed answer."""

from __future__ import annotations

from wanprep.emulator.exchange import Reply, Wrong, json_reply


def success(data: object) -> Reply:
    """Put an answer into the envelope."""
    return json_reply({"code": 200, "message": "success", "data": data})


def error(wrong: Wrong) -> Reply:
    """Answer in the envelope."""
    code = wrong.code or wrong.status
    return json_reply({"code": code, "message": wrong.message, "data": None}, wrong.status)
