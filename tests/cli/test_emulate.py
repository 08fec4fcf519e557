from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from wanprep.cli import run
from wanprep.emulator.faults import FAULTS


@contextmanager
def emulating(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run the command and read the lines that it prints to be copied."""
    command = [sys.executable, "-m", "wanprep", "emulate", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(9)]
            found = [re.fullmatch(r"export (\w+)=(\S+)\n", line) for line in lines]
            yield process, {one[1]: one[2] for one in found if one}
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_logs_until_it_is_told_to_stop(ending: signal.Signals) -> None:
    with emulating("--speed", "4", "--fault", "rate-limit=1") as (process, told):
        key = {"Authorization": "Bearer canary"}
        url = f"{told['WANPREP_EVOLINK_BASE_URL']}/v1/credits?token=canary"
        statuses = [httpx.get(url, headers=key, trust_env=False).status_code for _ in range(2)]
        process.send_signal(ending)
        out, talk = process.communicate(timeout=30)

    assert statuses == [429, 200]
    assert process.returncode == 0
    assert out == ""
    assert talk.splitlines()[1:] == [
        "GET /evolink/v1/credits 429",
        "GET /evolink/v1/credits 200",
    ]
    assert "Ctrl-C" in talk
    assert "canary" not in talk


def test_help_holds_the_table_of_faults(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "--help"]) == 0
    told = " ".join(capfd.readouterr().out.split())
    for name, fault in FAULTS.items():
        assert f"{name} {fault.effect}" in told
    assert "no webhook or callback is called" in told


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--fault", "flood"], "there is no fault 'flood'", id="unknown-fault"),
        pytest.param(["--fault", "fail=often"], "whole number from 1", id="not-a-number"),
        pytest.param(["--speed", "0"], "--speed", id="no-speed"),
    ],
)
def test_wrong_use(options: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", *options]) == 2
    assert message in capfd.readouterr().err


def test_a_port_that_is_taken(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run(["emulate", "--port", str(taken.getsockname()[1])]) == 2
    assert "Choose another with --port." in capfd.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before
