"""What a server may spend, whoever calls it at the same time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from wanprep.mcp.permissions import Allowance, Refused


def test_calls_at_once_never_exceed_the_sum() -> None:
    allowance, begin = Allowance(1.0), threading.Barrier(8)

    def spend(_: int) -> bool:
        begin.wait()
        try:
            allowance.reserve(0.3)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(spend, range(8))) == 3
    assert allowance.spent == pytest.approx(0.9)
    allowance.release(0.3)
    allowance.reserve(0.4)
    with pytest.raises(Refused, match=r"up to 0\.10 USD, and 0\.00 of the 1\.00 USD"):
        allowance.reserve(0.1)


def test_an_order_that_is_being_placed_is_waited_for() -> None:
    allowance, started = Allowance(1.0), threading.Event()
    placed: list[float] = []

    def place() -> None:
        with allowance.sending:
            started.set()
            time.sleep(0.3)
            placed.append(time.monotonic())

    thread = threading.Thread(target=place)
    thread.start()
    started.wait()
    allowance.wait_until_sent(0.01)
    assert not placed  # but not forever
    allowance.wait_until_sent(10)
    assert placed
    thread.join()
