"""An EvoLink task, as its answers tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.emulator.jobs import ENDED, Job
from wanprep.emulator.links import result_link

if TYPE_CHECKING:
    from wanprep.emulator.state import State

MODEL: Final = "wan2.7-reference-video"
_DAY: Final = 86_400
WORDS: Final = {
    "queued": "pending",
    "running": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_FAILURES: Final = {
    "policy": "content_policy_violation",
    "parameters": "invalid_parameters",
    "unreachable": "image_processing_error",
    "unfit": "image_processing_error",
    "internal": "service_error",
}
USD_PER_SECOND: Final = {"720p": 0.086, "1080p": 0.144}
_CREDITS_PER_USD: Final = 68
CNY_PER_USD: Final = 6.8


def told_task(state: State, job: Job) -> dict[str, Any]:
    """Tell all of a job, with its result or its error."""
    word = WORDS[job.phase]
    if job.phase not in ENDED and state.faults.take("unknown-state"):
        word = "warming_up"
    told = bare_task(job, word)
    if job.result:
        link = result_link(state, job, lifetime=_DAY)
        told |= {"results": [link], "result_data": [{"video_url": link}]}
    if job.failure:
        code = _FAILURES[job.failure.reason]
        told["error"] = {
            "code": code,
            "message": job.failure.message,
            "type": "task_error",
            "suggestion": "Change the request and submit it as a new task.",
        }
    return told


def bare_task(job: Job, word: str) -> dict[str, Any]:
    """Tell of a job without its result."""
    seconds = int(job.body.get("duration", 5))
    return {
        "created": int(job.born),
        "id": job.id,
        "model": job.model,
        "object": "video.generation.task",
        "progress": 0 if word == "pending" else job.progress,
        "status": word,
        "task_info": {"can_cancel": True, "estimated_time": 120, "video_duration": seconds},
        "type": "video",
        "usage": _usage(job, seconds),
    }


def _usage(job: Job, seconds: int) -> dict[str, Any]:
    usd = round(seconds * USD_PER_SECOND[job.body.get("quality", "720p")], 4)
    amount = round(usd * _CREDITS_PER_USD, 2)
    if job.phase == "succeeded":
        cost = {"credits": amount, "usd": usd, "cny": round(usd * CNY_PER_USD, 2)}
        return {"credits_used": amount, "cost": cost}
    return {"billing_rule": "per_call", "credits_reserved": amount, "user_group": "default"}
