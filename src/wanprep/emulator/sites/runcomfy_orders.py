"""What RunComfy lets through, and what it makes of it."""

from __future__ import annotations

import binascii
import uuid
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.addresses import refusal
from wanprep.emulator.documents import complaints, with_defaults
from wanprep.emulator.exchange import Wrong
from wanprep.emulator.scene import Reference, Scene, numbered

if TYPE_CHECKING:
    from wanprep.emulator.state import State

# What the service takes when a job brings no picture of its own.
_PROMO: Final = "https://cdn.runcomfy.net/tools/7338/media-files/ref-promo.webp"


def understood(state: State, name: str, sent: dict[str, Any]) -> tuple[dict[str, Any], Scene]:
    """Refuse what a model's document does not allow; tell what it means, and wants to see."""
    if wrong := complaints(name, "request", sent):
        _refuse([(one.place, str(one), one.keyword) for one in wrong])
    body = with_defaults(name, sent)
    scene = _scene(state, name, body)
    for reference in scene.references:
        if wrong_url := refusal(state, reference.url):
            _refuse([((), f"{reference.title}: {wrong_url}", "uri")])
    return body, scene


def _refuse(faults: list[tuple[tuple[str | int, ...], str, str]]) -> None:
    detail = [
        {"loc": ["body", *place], "msg": message, "type": kind} for place, message, kind in faults
    ]
    raise Wrong(422, faults[0][1], detail=detail)


def _scene(state: State, name: str, body: dict[str, Any]) -> Scene:
    if name == "runcomfy-2-2":
        first = _hosted(state, body["img_url"])
        return Scene(references=(Reference("first_frame", first),), seconds=body["duration"])
    # Whether an empty list keeps the promo picture out is not documented: expect the worst.
    body["reference_image_urls"] = body.get("reference_image_urls") or [_PROMO]
    images = [_hosted(state, url) for url in body["reference_image_urls"]]
    videos = [_hosted(state, url) for url in body.get("reference_video_urls", [])]
    return Scene(
        references=(*numbered("image", images), *numbered("video", videos)),
        seconds=int(body["duration"]),
        aspect=body["aspect_ratio"],
    )


def _hosted(state: State, url: str) -> str:
    """Keep the content of a data URI, as the service does, and give its address."""
    head, comma, text = url.partition(";base64,")
    if not comma or not head.startswith("data:"):
        return url
    try:
        content = b64decode(text, validate=True)
    except binascii.Error as fault:
        raise Wrong(422, "a data URI holds no base64") from fault
    place = f"/stored/runcomfy/{uuid.uuid4()}"
    state.shelf.put(place, content, head.removeprefix("data:"))
    return state.url + place
