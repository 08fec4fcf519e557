"""Oxen's model, its schema and its prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.documents import document
from wanprep.emulator.exchange import Received, Reply, Wrong, json_reply

if TYPE_CHECKING:
    from wanprep.emulator.state import State

MODEL: Final = "wan-v2-7-reference-to-video"


def models(state: State, received: Received) -> Reply:  # noqa: ARG001
    """List the models."""
    return json_reply({"models": [_model()]})


def one_model(state: State, received: Received, name: str) -> Reply:  # noqa: ARG001
    """Tell a model's schema and prices."""
    if name != MODEL:
        raise Wrong(404, f"Model not found: {name}", code="message")
    return json_reply(_model())


def _model() -> dict[str, Any]:
    schema = {**document("oxen")["request"], "reference": document("oxen")["reference"]}
    # The prices are invented: none are documented.
    pricing = {"method": "per_video_output_second", "cost_per_second": 0.1}
    return {
        "id": MODEL,
        "request_schema": schema,
        "pricing": {**pricing, "cost_per_second_high_res": 0.15},
    }
