"""What RunComfy says when it says no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import CHECK_KEY, TOP_UP, inner, json_or_none, listed, refusal, words
from wanprep.plugins.flow import Refused, Unclear

if TYPE_CHECKING:
    from wanprep.plugins.flow import Order, Response

TITLE: Final = "RunComfy"
_ADVICE: Final = {
    "400002": TOP_UP,
    "400004": "Look at the state of the account at RunComfy.",
    "401001": CHECK_KEY,
    "403001": "Check that the account may use this model.",
}


def refused(response: Response, order: Order | None = None) -> Refused:
    """Read a refusal, whatever its shape; that of an order may mean that the model is unknown."""
    body = json_or_none(response)
    code = words(inner(body, "error_code"))
    says = _says(body)
    if len(code) == 6 and code.startswith("5"):
        raise Unclear(f"RunComfy has a fault of its own: {says or code}")
    unknown = order is not None and (code == "400001" or (response.status == 404 and not code))
    advice = _other_id(order) if order and unknown else _ADVICE.get(code, "")
    return refusal(TITLE, response, says=says, code=code, advice=advice)


def _other_id(order: Order) -> str:
    name = order.target.partition("/")[2]
    return (
        f"RunComfy may not know the model by the id {order.model}: newer pages write such ids "
        "with a dot, as wan-ai/wan-2.7/reference-to-video. Set the id that the model's page "
        "shows, as "
        f'model-ids = {{"{name}" = "..."}} in [providers.runcomfy] of the configuration.'
    )


def _says(body: Any) -> str:  # noqa: ANN401 - JSON
    """Put the words together; what is wrong with single fields stands in `detail`."""
    error = inner(body, "error")
    says = words(
        inner(body, "error_message"), inner(body, "message"), error, inner(error, "message")
    )
    details = inner(body, "detail")
    fields = [_field(detail) for detail in listed(details)] or [words(details)]
    return "; ".join(dict.fromkeys(part for part in (says, *fields[:5]) if part))


def _field(detail: Any) -> str:  # noqa: ANN401 - JSON
    place = detail.get("loc")
    name = ".".join(words(part) for part in place) if isinstance(place, list) else ""
    says = words(detail.get("msg"), detail.get("message"))
    return f"{name}: {says}" if name and says else says
