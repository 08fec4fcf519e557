"""What EvoLink lets through, and what it makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.addresses import may_be_called_back, refusal
from wanprep.emulator.documents import complaints
from wanprep.emulator.exchange import Wrong
from wanprep.emulator.scene import Reference, Scene, numbered

if TYPE_CHECKING:
    from wanprep.emulator.state import State

# Longer texts are cut off without a word, as documented.
_CUT: Final = {"prompt": 5000, "negative_prompt": 500}


def look_at(state: State, body: dict[str, Any]) -> None:
    """Refuse what the documents do not allow."""
    if wrong := complaints("evolink", "request", body):
        raise Wrong(400, str(wrong[0]), param=wrong[0].where)
    wanted = scene(body)
    counts = {role: len(body.get(f"{role}_urls", [])) for role in ("image", "video")}
    if sum(counts.values()) > 5:
        raise Wrong(400, "image_urls and video_urls hold more than 5 references together")
    if len(body.get("audio_urls", [])) > sum(counts.values()):
        raise Wrong(400, "there are more voices than references", param="audio_urls")
    for name in body.get("model_params", {}).get("voice_bindings", {}):
        if int(name[-1]) > counts[name[:-1]]:
            raise Wrong(400, f"there is no reference {name}", param="model_params.voice_bindings")
    for reference in wanted.references:
        if wrong_url := refusal(state, reference.url):
            raise Wrong(400, f"{reference.title}: {wrong_url}")
    if "callback_url" in body and not may_be_called_back(body["callback_url"]):
        raise Wrong(400, "callback_url must be a public https address", param="callback_url")


def scene(body: dict[str, Any]) -> Scene:
    """Tell what a body wants to see."""
    params = body.get("model_params", {})
    # Bindings, when there are any, switch the older list off altogether.
    if "voice_bindings" in params:
        voices = list(params["voice_bindings"].values())
    else:
        voices = body.get("audio_urls", [])
    first = [Reference("first_frame", body["image_start"])] if "image_start" in body else []
    return Scene(
        references=(
            *first,
            *numbered("image", body.get("image_urls", [])),
            *numbered("video", body.get("video_urls", [])),
            *numbered("voice", voices),
        ),
        seconds=int(body.get("duration", 5)),
        aspect=body.get("aspect_ratio", "16:9"),
    )


def understood(body: dict[str, Any]) -> dict[str, Any]:
    """Tell what the model gets to see."""
    return {name: value[: _CUT[name]] if name in _CUT else value for name, value in body.items()}
