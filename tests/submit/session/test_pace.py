from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from wanprep.cli.run_output import open_session
from wanprep.config import Config
from wanprep.submit.services.service import Pace
from wanprep.submit.session.wakeups import Gate


def test_no_more_than_so_many_at_once() -> None:
    gate, stop = Gate(Pace(per_minute=100, at_once=2)), threading.Event()
    count, inside, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal inside, most
        with gate.place(stop, new=True) as got:
            assert got
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


def test_no_more_than_so_many_a_minute() -> None:
    gate, stop = Gate(Pace(per_minute=2, at_once=9), minute=0.3), threading.Event()
    begun, times = time.monotonic(), []
    for _ in range(5):
        with gate.place(stop, new=True):
            times.append(time.monotonic() - begun)
    assert times[2] >= 0.3
    assert times[4] >= 0.6


def test_what_is_there_already_waits_for_nobody_but_counts() -> None:
    gate, stop = Gate(Pace(per_minute=1, at_once=1)), threading.Event()
    with gate.place(stop, new=False), gate.place(stop, new=False) as got:
        assert got
        threading.Timer(0.1, stop.set).start()
        with gate.place(stop, new=True) as late:
            assert not late, "called off while it waited"


def test_a_service_without_limits_has_none() -> None:
    gate, stop = Gate(None), threading.Event()
    with gate.place(stop, new=True) as one, gate.place(stop, new=True) as two:
        assert one
        assert two


@pytest.mark.parametrize(
    ("own", "emulated", "sent"),
    [
        pytest.param({}, False, 2, id="a new account, wherever it leads"),
        pytest.param({"per-minute": 3}, False, 3, id="what the user says"),
        pytest.param({}, True, 5, id="our own emulator"),
        pytest.param({"per-minute": 1}, True, 1, id="what the user says of our own emulator"),
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
            with session.gate("wavespeed").place(session.wakeups.stop, new=True) as got:
                assert got
        if not emulated or own:
            threading.Timer(0.3, session.wakeups.stop.set).start()
            with session.gate("wavespeed").place(session.wakeups.stop, new=True) as got:
                assert not got, "called off while it waited"
