"""RunComfy's models, their prices and their schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.documents import document
from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply

if TYPE_CHECKING:
    from wanprep.emulator.state import State

_DOCUMENTS: Final = {
    "wan-ai/wan-2-2/image-to-video": "runcomfy-2-2",
    "wan-ai/wan-2-7/reference-to-video": "runcomfy-2-7",
    "wan-ai/wan-2.7/reference-to-video": "runcomfy-2-7",  # as newer pages write it
}
USD_PER_SECOND: Final = 0.1  # invented


def models(state: State, received: Received) -> Reply:  # noqa: ARG001
    """List the models."""
    sought = received.query.get("search", "").lower()
    found = [_model(received, model) for model in _DOCUMENTS if sought in model]
    return json_reply({"models": found, "total": len(found)})


def one_model(state: State, received: Received, model: str) -> Reply:  # noqa: ARG001
    """Tell a model's price and, when asked, its schema."""
    return json_reply(_model(received, model))


def document_of(model: str) -> str:
    """Name the document of a model."""
    if model not in _DOCUMENTS:
        raise Wrong(404, f"there is no model {model}", code=400001)
    return _DOCUMENTS[model]


def _model(received: Received, model: str) -> dict[str, Any]:
    name = document_of(model)
    told = {
        "model_id": model,
        "display_name": model.removeprefix("wan-ai/").replace("/", " "),
        "categories": ["image-to-video"],
        "base_price_usd": USD_PER_SECOND,
        "price_unit": "second",
        "pricing_note": "An invented price: the emulator costs nothing.",
    }
    if received.query.get("include_schema") == "true":
        told["input_schema"] = document(name)["request"]
    return told
