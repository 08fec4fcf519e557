"""For those who write plugins: try a provider's flows without a network, against written answers.

In a test of a plugin:

    from wanprep.testing import answer, order, replay

    requests, outcome = replay(submit(order("studio/clips")), [answer(200, {"id": "job-1"})])
    assert outcome == Accepted(provider_id="job-1")
"""

from wanprep.testing.replay import (
    NONSENSE,
    REFUSALS,
    Replayed,
    answer,
    faults,
    local_file,
    order,
    replay,
    sent,
)

__all__ = [
    "NONSENSE",
    "REFUSALS",
    "Replayed",
    "answer",
    "faults",
    "local_file",
    "order",
    "replay",
    "sent",
]
