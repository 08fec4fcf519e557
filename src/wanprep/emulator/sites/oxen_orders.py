"""What Oxen finds wrong with a job, and what it makes of it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from wanprep.emulator.documents import complaints, with_defaults
from wanprep.emulator.exchange import Wrong
from wanprep.emulator.jobs import Failure, Job
from wanprep.emulator.scene import Reference, Scene, numbered
from wanprep.emulator.sites.oxen_models import MODEL
from wanprep.emulator.studio import take_job

if TYPE_CHECKING:
    from wanprep.emulator.state import State


def refuse_unknown_model(body: dict[str, Any]) -> None:
    """Refuse a model that is not served."""
    if body.get("model") != MODEL:
        raise Wrong(400, f"Model not found: {body.get('model')}", code="message")


def what_is_wrong(body: dict[str, Any]) -> str | None:
    """Say what is wrong with the model's parameters."""
    wrong = complaints("oxen", "request", body)
    if wrong:
        return str(wrong[0])
    count = len(body.get("reference_images", [])) + len(body.get("reference_videos", []))
    return "more than 5 reference images and videos together" if count > 5 else None


def take(state: State, body: dict[str, Any]) -> Job:
    """Take a job, fit or not; an unfit one fails when it runs."""
    wrong = what_is_wrong(body)
    return take_job(
        state,
        scene=Failure("parameters", f"invalid_params: {wrong}") if wrong else _scene(body),
        limits="oxen",
        name=str(uuid.uuid4()),
        site="oxen",
        model=MODEL,
        body=body,
    )


def _scene(body: dict[str, Any]) -> Scene:
    whole = with_defaults("oxen", body)
    images, videos = (whole.get(f"reference_{kind}", []) for kind in ("images", "videos"))
    voices = [item["reference_voice"] for item in (*images, *videos) if "reference_voice" in item]
    first = [Reference("first_frame", body["input_image"])] if "input_image" in body else []
    return Scene(
        references=(
            *first,
            *numbered("image", [item["url"] for item in images]),
            *numbered("video", [item["url"] for item in videos]),
            *numbered("voice", voices),
        ),
        seconds=int(whole["duration"]),
        aspect=whole["aspect_ratio"],
    )
