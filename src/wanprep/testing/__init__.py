"""For plugin authors: test a provider's flows against written responses, without a network.

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
    local_file,
    order,
    problems,
    replay,
    sent,
)

__all__ = [
    "NONSENSE",
    "REFUSALS",
    "Replayed",
    "answer",
    "local_file",
    "order",
    "problems",
    "replay",
    "sent",
]
