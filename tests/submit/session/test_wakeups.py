from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from wanprep.config import Config
from wanprep.submit.services.service import Pace
from wanprep.submit.session.session import open_session
from wanprep.submit.session.tasks import RateLimiter, Stopped, Wakeups


def test_a_started_section_is_finished_and_no_new_one_is_started() -> None:
    wakeups = Wakeups()
    with wakeups.uninterrupted():
        assert wakeups.stop()
    wakeups.wait_until_idle()
    assert not wakeups.stop()
    with pytest.raises(Stopped), wakeups.uninterrupted():
        pass
    assert not wakeups.wait("any", 60)


def test_jobs_at_once_are_limited() -> None:
    limiter = RateLimiter(Pace(per_minute=100, at_once=2), threading.Event())
    count, inside, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal inside, most
        with limiter.slot(new=True):
            with count:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with count:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (inside, most) == (0, 2)


def test_jobs_per_minute_are_limited() -> None:
    limiter = RateLimiter(Pace(per_minute=2, at_once=9), threading.Event(), minute=0.3)
    begun, times = time.monotonic(), []
    for _ in range(5):
        with limiter.slot(new=True):
            times.append(time.monotonic() - begun)
    assert times[2] >= 0.3
    assert times[4] >= 0.6


def test_a_running_job_takes_its_slot_at_once_and_counts() -> None:
    stopped = threading.Event()
    limiter = RateLimiter(Pace(per_minute=1, at_once=1), stopped)
    with limiter.slot(new=False), limiter.slot(new=False):
        threading.Timer(0.1, stopped.set).start()
        with pytest.raises(Stopped), limiter.slot(new=True):
            pass


def test_a_service_without_limits_has_none() -> None:
    limiter = RateLimiter(None, threading.Event())
    with limiter.slot(new=True), limiter.slot(new=True):
        pass


@pytest.mark.parametrize(
    ("own", "emulated", "sent"),
    [
        pytest.param({}, False, 2, id="a new account, wherever it leads"),
        pytest.param({"per-minute": 3}, False, 3, id="the user's setting"),
        pytest.param({}, True, 5, id="the emulator"),
        pytest.param({"per-minute": 1}, True, 1, id="the user's setting for the emulator"),
    ],
)
def test_the_pace_of_a_provider(
    tmp_path: Path, own: dict[str, int], emulated: bool, sent: int
) -> None:
    config = Config(providers={"wavespeed": {"at-once": 9, **own}})
    environ = {
        "WANPREP_STATE_DIR": str(tmp_path),
        "WANPREP_WAVESPEED_BASE_URL": "http://127.0.0.1:9",
    }
    with ExitStack() as held:
        session = open_session(held, config, environ, emulated=emulated)
        for _ in range(sent):
            with session.limiter("wavespeed").slot(new=True):
                pass
        if not emulated or own:
            threading.Timer(0.3, session.wakeups.stopped.set).start()
            with pytest.raises(Stopped), session.limiter("wavespeed").slot(new=True):
                pass
