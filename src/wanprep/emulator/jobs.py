"""Emulated jobs: each is queued, then runs, then ends, by the time that has passed."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.emulator.messages import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Phase = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Reason = Literal["policy", "parameters", "unreachable", "unfit", "internal"]

# Seconds at speed 1.
QUEUED: Final = 0.4
LIFE: Final = 1.4
ENDED: Final[frozenset[Phase]] = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job has no result."""

    reason: Reason
    message: str


@dataclass(slots=True, kw_only=True)
class Job:
    """One accepted job; its phase follows from the clock."""

    id: str
    site: str
    model: str
    body: Mapping[str, Any]  # as the provider understood it
    outcome: Future[Path | Failure]
    speed: float
    endless: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)  # what the site adds
    created: float = field(default_factory=time.time)
    cancelled: float | None = None

    @property
    def phase(self) -> Phase:
        """How far the job is now."""
        if self.cancelled is not None:
            return "cancelled"
        if self._age < QUEUED:
            return "queued"
        if self.endless or self._age < LIFE or not self.outcome.done():
            return "running"
        return "failed" if isinstance(self.outcome.result(), Failure) else "succeeded"

    @property
    def _age(self) -> float:
        return (time.time() - self.created) * self.speed

    @property
    def progress(self) -> int:
        """How far the job is, in percent."""
        if self.phase in ENDED:
            return 100 if self.phase == "succeeded" else 0
        return max(0, min(99, int((self._age - QUEUED) / (LIFE - QUEUED) * 100)))

    @property
    def started(self) -> float | None:
        """When it began to run."""
        return None if self.phase == "queued" else self.created + QUEUED / self.speed

    @property
    def finished(self) -> float | None:
        """When it ended."""
        if self.cancelled is not None:
            return self.cancelled
        return self.created + LIFE / self.speed if self.phase in ENDED else None

    @property
    def result(self) -> Path | None:
        """The video, when there is one."""
        outcome = self.outcome.result() if self.phase == "succeeded" else None
        return None if isinstance(outcome, Failure) else outcome

    @property
    def failure(self) -> Failure | None:
        """Why the job failed, when it did."""
        outcome = self.outcome.result() if self.phase == "failed" else None
        return outcome if isinstance(outcome, Failure) else None


class Jobs:
    """All jobs, and the two threads that render their videos."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="wanprep-emulator")

    def start(self, render: Callable[[], Path | Failure]) -> Future[Path | Failure]:
        """Start to render a video in the background; the result may be a failure."""
        return self._threads.submit(render)

    def add(self, job: Job) -> Job:
        """Remember a job."""
        with self._lock:
            self._jobs[job.id] = job
        return job

    def get(self, site: str, job_id: str) -> Job | None:
        """Return one job of a site."""
        job = self._jobs.get(job_id)
        return job if job and job.site == site else None

    def find(self, site: str, job_id: str, *, called: str) -> Job:
        """Return one job of a site, or answer 404 with the provider's word for a job."""
        job = self.get(site, job_id)
        if job is None:
            raise HttpError(404, f"there is no {called} {job_id}")
        return job

    def of(self, site: str) -> list[Job]:
        """List a site's jobs, the newest first."""
        return [job for job in reversed(self.all()) if job.site == site]

    def all(self) -> list[Job]:
        """List all jobs, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def cancel(self, job: Job, *, running: bool) -> bool:
        """Cancel a queued job, or also a running one; return whether that worked."""
        with self._lock:
            if job.phase == "queued" or (running and job.phase == "running"):
                job.cancelled = time.time()
                return True
            return False

    def remove(self, job: Job) -> None:
        """Forget a job."""
        with self._lock:
            self._jobs.pop(job.id, None)

    def close(self) -> None:
        """Wait until no video is being rendered."""
        self._threads.shutdown()
