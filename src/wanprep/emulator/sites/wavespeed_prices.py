"""WaveSpeed's prices, schemas and balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.emulator.documents import document, with_defaults
from wanprep.emulator.exchange import Received, Reply, Wrong
from wanprep.emulator.sites.wavespeed_envelope import success

if TYPE_CHECKING:
    from wanprep.emulator.state import State

MODEL: Final = "alibaba/wan-2.7/reference-to-video"


def price(state: State, received: Received) -> Reply:  # noqa: ARG001
    """Quote a price, for nothing."""
    asked = received.json()
    if asked.get("model_id") != MODEL:
        raise Wrong(404, "there is no such model")
    inputs = with_defaults("wavespeed", dict(asked.get("inputs", {})))
    factor = 1.6 if inputs["resolution"] == "1080p" else 1
    usd = round((0.5 + 0.1 * inputs["duration"]) * factor, 4)
    rest = {"discounted_price": usd, "discount_rate": 0, "currency": "USD"}
    return success({"model_id": MODEL, "price": usd, **rest})


def models(state: State, received: Received) -> Reply:  # noqa: ARG001
    """Tell what the model takes."""
    schema = document("wavespeed")["request"]
    return success([{"model_id": MODEL, "base_price": 1.0, "request_schema": schema}])


def balance(state: State, received: Received) -> Reply:  # noqa: ARG001
    """Tell a balance that nobody pays for."""
    return success({"balance": 100.0})
