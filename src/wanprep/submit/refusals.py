"""Say in plain words why a service refuses, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.submit.flow import Refused, Unclear

if TYPE_CHECKING:
    from wanprep.submit.flow import Response

TOP_UP: Final = "Top up the account, and run this again."
CHECK_KEY: Final = "Check the key: it may be mistyped, expired, or of another account."
HOST_IT: Final = (
    "Put the file where the world can fetch it and write its https address into the job, "
    "or name a place of your own in [hosts] of the configuration."
)
_COMPARE: Final = "Run `wanprep check` on the job, and compare it with what the service says."
_BY_STATUS: Final = {
    400: _COMPARE,
    401: CHECK_KEY,
    402: TOP_UP,
    403: "Check that the key, and the account, may use this model.",
    404: "The service does not know what was asked for: check the target.",
    413: "Make the request smaller: host files instead of sending them.",
    422: _COMPARE,
    429: "Wait as long as it says, or a few minutes, and run this again.",
}


def refusal(
    service: str, response: Response, *, says: str = "", code: str = "", advice: str = ""
) -> Refused:
    """Make of an answer a refusal; where a service itself is at fault, nothing is certain."""
    if response.status >= 500:
        raise Unclear(f"{service} answered with HTTP {response.status}. {says}".rstrip())
    if not says:
        says = f"HTTP {response.status}, and no reason" if not response.ok else "no reason"
    return Refused(
        f"{service} refuses: {says}",
        code=code,
        advice=advice or _BY_STATUS.get(response.status, ""),
    )
