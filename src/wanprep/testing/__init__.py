"""For plugin authors: test a provider against recorded answers, without a network or a key.

A whole plugin, by the answers in its `recorded.json`:

    from wanprep.testing import ProviderContract

    class TestAcme(ProviderContract):
        plugin = "wanprep_acme"

One flow, by written answers:

    from wanprep.testing import answer, order, replay

    requests, outcome = replay(submit(order("studio/clips")), [answer(200, {"id": "job-1"})])
    assert outcome == Accepted(provider_id="job-1")
"""

from wanprep.testing.contract import ProviderContract, TargetContract
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
    "ProviderContract",
    "Replayed",
    "TargetContract",
    "answer",
    "local_file",
    "order",
    "problems",
    "replay",
    "sent",
]
