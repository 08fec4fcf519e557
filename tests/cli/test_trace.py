"""`--trace`: every HTTP exchange of a command, as JSON lines without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated import emulate
from submitting import Desktop

KEY = "canary-4f9a81c2d7e6b530"


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Desktop]:
    with emulate(speed=8) as emulator:
        desk = Desktop(tmp_path, emulator, monkeypatch, capfd)
        monkeypatch.setenv("EVOLINK_API_KEY", KEY)
        yield desk


def test_every_exchange_is_a_line_without_secrets(desk: Desktop) -> None:
    assert desk.wanprep("submit", desk.job(), "--yes", "--trace", "t.jsonl") == 0
    text = (desk.folder / "t.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert KEY not in text
    [order] = [line for line in lines if line["paid"]]
    assert (order["method"], order["answer"]["status"]) == ("POST", 200)
    assert order["url"].endswith("/evolink/v1/videos/generations")
    assert order["request"]["headers"]["Authorization"] == "Bearer ***"
    assert order["request"]["json"]["prompt"] == "She walks."
    assert order["answer"]["json"]["id"]
    assert lines[0]["request"]["file"] == "hero.png"
    assert (desk.folder / "t.jsonl").stat().st_mode & 0o077 == 0

    [run] = desk.runs()
    assert desk.wanprep("runs", "wait", run["id"], "--trace", "t.jsonl", "-q") == 0
    more = (desk.folder / "t.jsonl").read_text().splitlines()
    assert len(more) > len(lines)
    assert all(json.loads(line)["error"] is None for line in more)


def test_a_lost_answer_is_an_exchange_and_a_bad_file_a_usage_error(desk: Desktop) -> None:
    assert desk.wanprep("submit", desk.job(), "--yes", "--trace", "no/t.jsonl") == 2
    assert "--trace" in desk.err
    assert desk.orders() == 0
    desk.emulator.switch("lost-reply")
    desk.wanprep("submit", desk.job(), "--yes", "--trace", "t.jsonl")
    lines = [json.loads(line) for line in (desk.folder / "t.jsonl").read_text().splitlines()]
    [order] = [line for line in lines if line["paid"]]
    assert order["answer"] is None
    assert "connection" in order["error"] or "incomplete" in order["error"]
