"""What WaveSpeedAI says when it says no: often with HTTP 200 around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import TOP_UP, inner, json_or_none, refusal, words
from wanprep.plugins.flow import Refused, Unclear

if TYPE_CHECKING:
    from wanprep.plugins.flow import Response

TITLE: Final = "WaveSpeedAI"
_FINE: Final = frozenset({"", "0", "200"})
_KEY: Final = (
    "Check the key: it may be mistyped, or made before the account's first top-up, after which "
    "a new one is needed."
)
ADVICE: Final = {
    "401": _KEY,
    "402": TOP_UP,
    "1200": "Moderation refuses it: change the prompt or the references.",
    "1400": "Something that it needs is missing: run `wanprep check` on the job.",
    "1401": "Something in it is not as it should be: run `wanprep check` on the job.",
    "1402": "Check that the world can fetch the addresses of all files.",
}


def fine(response: Response) -> bool:
    """Tell whether both the answer and the envelope in it are those of success."""
    return response.ok and words(inner(json_or_none(response), "code")) in _FINE


def refused(response: Response) -> Refused:
    """Read a refusal. A fault of the service's own leaves open what came of the request."""
    body = json_or_none(response)
    says, code = reason(body)
    if code.startswith("5") and len(code) in {3, 4}:
        raise Unclear(f"WaveSpeedAI has a fault of its own ({code}): {says}")
    advice = ADVICE.get(code) or ADVICE.get(str(response.status), "")
    return refusal(TITLE, response, says=says, code=code, advice=advice)


def reason(body: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON
    """Read the words and the code of an error."""
    error = inner(body, "error")
    says = words(
        inner(body, "data", "error"), inner(body, "message"), error, inner(error, "message")
    )
    code = words(inner(body, "error_code"), inner(body, "code"))
    return says, "" if code in _FINE else code
