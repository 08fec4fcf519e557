"""What Oxen says when it says no: in two shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.plugins.answers import CHECK_KEY, TOP_UP, inner, json_or_none, refusal, words

if TYPE_CHECKING:
    from wanprep.plugins.flow import Refused, Response

TITLE: Final = "Oxen.ai"
_ADVICE: Final = {
    "unauthenticated": CHECK_KEY,
    "resource_not_found": "Oxen does not know it: it may be another account's.",
}
_NO_CREDIT: Final = "insufficient credits"


def is_error(body: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether an answer is an error, whatever its HTTP status."""
    return bool(inner(body, "error")) or inner(body, "status") == "error"


def refused(response: Response) -> Refused:
    """Read a refusal, whatever its shape."""
    body = json_or_none(response)
    says, code = reason(body)
    advice = TOP_UP if _NO_CREDIT in says.lower() else _ADVICE.get(code, "")
    return refusal(TITLE, response, says=says, code=code, advice=advice)


def reason(body: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON
    """Read the words and the code of an error."""
    error = inner(body, "error")
    says = words(
        inner(error, "message"),
        inner(error, "detail"),
        inner(error, "title"),
        error,
        inner(body, "status_message"),
        inner(body, "message"),
    )
    return says, words(inner(error, "type"), inner(body, "status_message"))
