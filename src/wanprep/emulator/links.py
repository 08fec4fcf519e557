"""Result links: signed, and dead after their time, as the providers' are."""

from __future__ import annotations

import hmac
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.emulator.jobs import Job
    from wanprep.emulator.state import State


def result_link(state: State, job: Job, *, lifetime: float) -> str:
    """Make an address of a job's video that works for some seconds."""
    place = f"/results/{job.id}/video.mp4"
    expires = str(int(time.time() + lifetime))
    return f"{state.url}{place}?Expires={expires}&Signature={_sign(state, job.id, expires)}"


def is_valid(state: State, name: str, query: Mapping[str, str]) -> bool:
    """Tell whether a link is one of ours and still alive."""
    expires = query.get("Expires", "")
    good = hmac.compare_digest(query.get("Signature", ""), _sign(state, name, expires))
    return good and int(expires) > time.time()


def _sign(state: State, name: str, expires: str) -> str:
    return hmac.new(state.secret, f"{name} {expires}".encode(), "sha256").hexdigest()[:40]
