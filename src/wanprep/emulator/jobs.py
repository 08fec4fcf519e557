"""Jobs: each is queued, then worked on, then done, as time goes by."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

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
    """One job and its life."""

    id: str
    site: str
    model: str
    body: Mapping[str, Any]  # as the provider understood it
    made: Future[Path | Failure]
    pace: float
    endless: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)
    born: float = field(default_factory=time.time)
    cancelled: float | None = None

    @property
    def phase(self) -> Phase:
        """Tell how far the job is now."""
        if self.cancelled is not None:
            return "cancelled"
        if self.age < QUEUED:
            return "queued"
        if self.endless or self.age < LIFE or not self.made.done():
            return "running"
        return "failed" if isinstance(self.made.result(), Failure) else "succeeded"

    @property
    def age(self) -> float:
        """Tell how long the job has lived, in seconds at speed 1."""
        return (time.time() - self.born) * self.pace

    @property
    def progress(self) -> int:
        """Tell how far the job is, in percent."""
        if self.phase in ENDED:
            return 100 if self.phase == "succeeded" else 0
        return max(0, min(99, int((self.age - QUEUED) / (LIFE - QUEUED) * 100)))

    @property
    def started(self) -> float | None:
        """Tell when work began."""
        return None if self.phase == "queued" else self.born + QUEUED / self.pace

    @property
    def finished(self) -> float | None:
        """Tell when the job ended."""
        if self.cancelled is not None:
            return self.cancelled
        return self.born + LIFE / self.pace if self.phase in ENDED else None

    @property
    def result(self) -> Path | None:
        """Return the video, when there is one."""
        if self.phase != "succeeded":
            return None
        made = self.made.result()
        return None if isinstance(made, Failure) else made

    @property
    def failure(self) -> Failure | None:
        """Return why the job failed, when it did."""
        if self.phase != "failed":
            return None
        made = self.made.result()
        return made if isinstance(made, Failure) else None


class Jobs:
    """All jobs, and the two hands that make their videos."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()
        self._hands = ThreadPoolExecutor(max_workers=2, thread_name_prefix="wanprep-emulator")

    def begin(self, make: Callable[[], Path | Failure]) -> Future[Path | Failure]:
        """Begin to make a video, or to find out why there can be none."""
        return self._hands.submit(make)

    def add(self, job: Job) -> Job:
        """Remember a job."""
        with self._lock:
            self._jobs[job.id] = job
        return job

    def get(self, site: str, name: str) -> Job | None:
        """Return one job of a site."""
        job = self._jobs.get(name)
        return job if job and job.site == site else None

    def of(self, site: str) -> list[Job]:
        """List a site's jobs, the newest first."""
        return [job for job in reversed(self.all()) if job.site == site]

    def all(self) -> list[Job]:
        """List all jobs, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def cancel(self, job: Job, *, running: bool) -> bool:
        """Cancel a job that waits, or also one that is worked on; tell whether that worked."""
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
        """Wait until nothing is being made any more."""
        self._hands.shutdown()
