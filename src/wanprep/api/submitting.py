"""Submit jobs to providers, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.api.types import Configuration, ProgressCallback, StrPath
    from wanprep.submit.ledger.run import Run


def submit(
    *jobs: StrPath,
    targets: Sequence[str] = (),
    wait: bool = False,
    output: StrPath | None = None,
    max_cost: float | None = None,
    yes: bool = False,
    again: bool = False,
    drop: bool = False,
    emulate: bool = False,
    offline: bool | None = None,
    config: Configuration = True,
    progress: ProgressCallback | None = None,
) -> tuple[Run, ...]:
    """Check jobs, submit each to its provider once, and return their runs.

    With `wait`, or for the same job later, it waits until the runs end and writes their results to
    the folder `output` (the current one). A run that the provider refused or that failed is
    returned with its `state` and `error`. Nothing is asked: if a price is unknown, or above
    `ask-above` of the configuration, pass `max_cost` in USD for all jobs together, or `yes`.
    `emulate` submits to an emulator on this machine, and waits: no key, no cost.

    Raises JobsRefused for what the check does not accept, NeedsConsent and TooExpensive for the
    price, all before anything is sent; and SubmitFailed, with the runs, where one did not get
    through.
    """
    from wanprep.api.submit_steps import submit_jobs

    return submit_jobs(
        jobs, targets=targets, wait=wait, output=output, max_cost=max_cost, yes=yes, again=again,
        drop=drop, emulate=emulate, offline=offline, config=config, progress=progress,
    )  # fmt: skip
