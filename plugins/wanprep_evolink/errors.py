"""What EvoLink says when it says no, and when a task has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import CHECK_KEY, TOP_UP, inner, json_or_none, refusal, words
from wanprep.plugins.flow import Refused, Unclear

if TYPE_CHECKING:
    from wanprep.plugins.flow import Response

TITLE: Final = "EvoLink"
# The order may have been taken: EvoLink itself does not know.
_OUTCOME_UNKNOWN: Final = "paid_outcome_unknown"
_ADVICE: Final = {
    "insufficient_quota": TOP_UP,
    "insufficient_token_quota": "Raise the limit of this key, or use another one.",
    "insufficient_user_quota": TOP_UP,
    "invalid_api_key": CHECK_KEY,
    "idempotency_conflict": "Another order was sent under the same key.",
    "key_model_not_allowed": "Allow this model for the key in EvoLink's dashboard.",
    "quota_not_enough": TOP_UP,
    "token_daily_quota_exceeded": "Wait until tomorrow, or raise the daily limit of this key.",
}


def refused(response: Response) -> Refused:
    """Read a refusal, whatever its shape."""
    says, code = reason(json_or_none(response))
    if code == _OUTCOME_UNKNOWN:
        raise Unclear(f"EvoLink does not know what became of the order: {says or code}")
    return refusal(TITLE, response, says=says, code=code, advice=_ADVICE.get(code, ""))


def reason(body: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON
    """Read the words and the code of an error."""
    error = inner(body, "error")
    if isinstance(error, dict):
        says = words(error.get("message"), error.get("type"), error.get("code"))
        more = words(error.get("suggestion"), error.get("fallback_suggestion"))
        return " ".join(part for part in (says, more) if part), words(error.get("code"))
    return (
        words(error, inner(body, "message"), inner(body, "msg")),
        words(inner(body, "code")),
    )
