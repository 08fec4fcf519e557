"""Which local files of a job need an address, and one that leads nowhere until they have it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wanprep.submit.order.body import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.submit.order.body import Built
    from wanprep.submit.order.errands import Errand
    from wanprep.submit.provider import LocalFile, Settings


def placeholders(errand: Errand) -> dict[str, str]:
    """Give files addresses that lead nowhere, by their places in the job."""
    return {
        pointer: f"https://uploaded.invalid/{file.sha256[:16]}/{file.name}"
        for pointer, file in errand.files.items()
    }


def tried(errand: Errand, settings: Settings, *, drop: bool) -> Built:
    """Build the request as it will be, but for the addresses; refuse what cannot be built."""
    return build(errand.case, errand.target, placeholders(errand), drop=drop, settings=settings)


def needed(errand: Errand, trial: Built) -> Mapping[str, LocalFile]:
    """List the files that are in the request: what is dropped is not uploaded."""
    text = json.dumps(trial.body)
    return {
        pointer: errand.files[pointer]
        for pointer, address in placeholders(errand).items()
        if json.dumps(address) in text
    }
