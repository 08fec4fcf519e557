from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from typing import Final

import httpx
import pytest
from emulated import until

from wanprep.cli import run
from wanprep.emulator.faults import FAULTS
from wanprep.rules.target import all_targets

PROVIDERS: Final = {target.provider for target in all_targets().values()} - {"wan"}


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def served(environment: dict[str, str]) -> list[int]:
    """Ask twice for what a key is needed for."""
    url = f"{environment['WANPREP_EVOLINK_BASE_URL']}/v1/credits?token=canary"
    key = {"Authorization": "Bearer canary"}
    return [httpx.get(url, headers=key, trust_env=False).status_code for _ in range(2)]


def check_output(variables: str, log: str) -> None:
    assert variables == ""
    assert log.splitlines() == [
        "Copy these lines to another terminal. Ctrl-C ends it.",
        "GET /evolink/v1/credits 429",
        "GET /evolink/v1/credits 200",
    ]


def test_it_serves_and_logs_until_it_is_terminated() -> None:
    command = [sys.executable, "-m", "wanprep", "emulate", "--fault", "rate-limit=1"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout
            lines = [process.stdout.readline()]
            while "WANPREP_POLL_INTERVAL" not in lines[-1]:
                lines.append(process.stdout.readline())
            variables = dict(re.findall(r"^export (\w+)=(\S+)$", "".join(lines), re.MULTILINE))
            assert len(variables) == len(lines) == 2 * len(PROVIDERS) + 1
            assert served(variables) == [429, 200]
            process.terminate()
            check_output(*process.communicate(timeout=30))
        finally:
            process.kill()
    assert process.returncode == 0


def test_it_ends_with_ctrl_c(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    statuses: list[int] = []
    main = threading.main_thread().ident or 0

    def interrupt() -> None:
        url = f"http://127.0.0.1:{port}"
        until(lambda: is_open(port), bool)
        statuses.extend(served({"WANPREP_EVOLINK_BASE_URL": f"{url}/evolink"}))
        signal.pthread_kill(main, signal.SIGINT)  # which wakes it, as a terminal would

    user = threading.Thread(target=interrupt)
    user.start()
    assert run(["emulate", "--port", str(port), "--fault", "rate-limit=1"]) == 0
    user.join()
    out, err = capfd.readouterr()
    assert statuses == [429, 200]
    assert out.count(f"=http://127.0.0.1:{port}/") == len(PROVIDERS)
    # The port is open a moment before the first line is printed.
    first = "Copy these lines to another terminal. Ctrl-C ends it."
    check_output("", "\n".join(sorted(err.splitlines(), key=lambda line: line != first)))


def test_help_holds_the_table_of_faults(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "--help"]) == 0
    output = " ".join(capfd.readouterr().out.split())
    for name, fault in FAULTS.items():
        assert f"{name} {fault.effect}" in output
    assert "no webhook or callback is called" in output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--fault", "flood"], "there is no fault 'flood'", id="unknown-fault"),
        pytest.param(["--fault", "fail=often"], "whole number from 1", id="not-a-number"),
        pytest.param(["--speed", "0"], "--speed", id="no-speed"),
    ],
)
def test_usage_errors(options: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
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
