"""Real files of public test suites: no fault missed, no false alarm, by the default target.

They are third-party data and not part of this project. WANPREP_TEST_CORPUS names the folder
with the files and truth.jsonl; without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep import check

CORPUS: Final = Path(os.environ.get("WANPREP_TEST_CORPUS", "") or "no corpus named")
pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(
        not (CORPUS / "truth.jsonl").is_file(),
        reason="WANPREP_TEST_CORPUS names no folder with truth.jsonl",
    ),
]

# The names of the corpus, and the rules that say the same.
RULES: Final = {
    "format": {"format-unsupported"},
    "min-size": {"image-too-small", "video-too-small"},
    "max-size": {"image-too-large", "video-too-large"},
    "aspect": {"aspect-out-of-range"},
    "bytes": {"file-too-large"},
    "duration-min": {"video-too-short", "audio-too-short"},
    "duration-max": {"video-too-long", "audio-too-long"},
    "undecodable": {"asset-unreadable", "asset-empty", "asset-lfs-pointer"},
    "alpha": {"alpha-unsupported"},
}

# What differs on purpose, and why. Everything else must agree.
EXCEPTIONS: Final[dict[str, tuple[set[str], str]]] = {
    "audio-corrupt/mdext__ArrayIndexOutOfBoundsException.Mp3Reader.extract.mp3": (
        {"format"},
        "15 bytes of no known format are one error: asset-unreadable",
    ),
}


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, Any]]:
    lines = (CORPUS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["path"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def reported(truth: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    report = check(*(CORPUS / path for path in truth), deep=True, cache=False)
    assert report.targets == ("wan/2.7",)
    found: dict[str, set[str]] = defaultdict(set)
    for finding in report.findings:
        path = os.path.relpath(finding.file, CORPUS)
        found[path] |= {name for name, rules in RULES.items() if finding.rule in rules}
    return found


def scored(path: str, row: dict[str, Any]) -> set[str]:
    return set(RULES) - set(row["not_scored"]) - EXCEPTIONS.get(path, (set(), ""))[0]


def test_no_fault_is_missed(
    truth: dict[str, dict[str, Any]], reported: dict[str, set[str]]
) -> None:
    missed = {
        path: lacking
        for path, row in truth.items()
        if (lacking := set(row["breaks_wan27"]) & scored(path, row) - reported[path])
        and not (row["any_of"] and reported[path] & set(row["any_of"]))
    }
    neither = {
        path: row["any_of"]
        for path, row in truth.items()
        if row["any_of"] and not reported[path] & set(row["any_of"])
    }
    assert missed == {}
    assert neither == {}


def test_no_false_alarm(truth: dict[str, dict[str, Any]], reported: dict[str, set[str]]) -> None:
    cried = {
        path: surplus
        for path, row in truth.items()
        if (surplus := reported[path] & scored(path, row) - set(row["breaks_wan27"]))
        and not surplus <= set(row["any_of"] or ())
    }
    assert cried == {}
