"""What WaveSpeed lets through, and what it makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.emulator.addresses import refusal
from wanprep.emulator.documents import complaints, document, with_defaults
from wanprep.emulator.exchange import Wrong
from wanprep.emulator.scene import Reference, Scene, numbered

if TYPE_CHECKING:
    from wanprep.emulator.state import State


def understood(state: State, sent: dict[str, Any]) -> dict[str, Any]:
    """Refuse what the documents do not allow, and fill in what was left out.

    A key that nobody knows is dropped without a word, as documented.
    """
    known = document("wavespeed")["request"]["properties"]
    body = {name: value for name, value in sent.items() if name in known}
    for wrong in complaints("wavespeed", "request", body):
        raise Wrong(400, str(wrong), code=1400 if wrong.keyword == "required" else 1401)
    body = with_defaults("wavespeed", body)
    for reference in scene(body).references:
        if wrong_url := refusal(state, reference.url):
            raise Wrong(400, f"{reference.title}: {wrong_url}", code=1401)
    return body


def scene(body: dict[str, Any]) -> Scene:
    """Tell what a body wants to see."""
    image = [Reference("image", body["image"])] if "image" in body else []
    return Scene(
        references=(*image, *numbered("video", body["videos"])),
        seconds=int(body["duration"]),
        aspect=body["aspect_ratio"],
    )
