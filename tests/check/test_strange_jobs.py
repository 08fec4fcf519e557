"""Any job gives findings and a report that fits its schema, never a traceback."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from wanprep import check
from wanprep.job.model import read_jobs
from wanprep.report import FORMATS, Style, renderer
from wanprep.rules.target import all_targets
from wanprep.schemas import load_schema

pytestmark = pytest.mark.untraced

GOOD: Final = Path(__file__).parents[2] / "fixtures/jobs/good"
STRANGE: Final[list[Any]] = [
    None, True, False, 0, -1, 5.5, 1e300, 2**70, "", " ", "Image 7", "图３", "\t\n", "\u202e",
    "x" * 6000,
    [], {}, [[]], [None], [{}], {"": ""}, {"a/b~c": 1}, ["a", "a"], {"image": 1}, {"url": None},
    "https://[::1", "http://", "//a", "data:,", "file:///etc/passwd", "a.png", "/", ".", "~", "é\0",
    "https://a.example/x?Expires=99999999999999999999", "https://a.example/?se=0001-01-01&sig=1",
]  # fmt: skip


def spots(value: Any) -> list[tuple[Any, Any]]:
    """List every place in a JSON value that can be changed."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = [(value, key) for key in value]
    elif isinstance(value, list):
        inner = [(value, at) for at in range(len(value))]
    return inner + [spot for holder, key in inner for spot in spots(holder[key])]


def mutated(job: Any, chance: random.Random) -> Any:
    job = deepcopy(job)
    for _ in range(chance.randint(1, 3)):
        places = spots(job)
        if not places:
            break
        holder, key = chance.choice(places)
        match chance.randint(0, 4):
            case 0 if isinstance(holder, dict):
                holder[chance.choice(["prompt", "body", "voice", "x-y", "a/b", "image_urls"])] = (
                    chance.choice(STRANGE)
                )
            case 1:
                del holder[key]
            case _:
                holder[key] = deepcopy(chance.choice(STRANGE))
    return job


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(at, marks=pytest.mark.slow) for at in (0, 2, 3))]
)
def test_strange_values_anywhere(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same cases at every run
    jobs = [job.raw for path in sorted(GOOD.iterdir()) for job in read_jobs(str(path)).jobs]
    for number in range(60):
        text = json.dumps(mutated(chance.choice(jobs), chance), ensure_ascii=chance.random() < 0.5)
        (tmp_path / f"{number}.{chance.choice(['json', 'yaml'])}").write_text(
            text, encoding="utf-8", errors="surrogatepass"
        )
    targets = [] if seed % 2 else list(all_targets())

    report = check(*tmp_path.iterdir(), targets=targets, offline=bool(seed))  # URLs take seconds

    assert report.summary["jobs"] == 60
    errors = Draft202012Validator(load_schema("report")).iter_errors(report.as_json())
    assert [error.message for error in errors] == []
    for name in FORMATS:
        text = "".join(renderer(name)([report], Style()))
        assert all(line.isprintable() for line in text.split("\n"))
    assert not [each.message for each in report.findings if "None" in each.message]


KEYS: Final = [
    "1: x",
    "true: x",
    "null: x",
    "1.5: x",
    "? [a]\n  : x",
    "2026-01-01: x",
    "~: x",
    "'': x",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("job", "severities"),
    [
        pytest.param("body:\n  prompt: x\n  {}\n", {"error", "warning"}, id="body"),
        pytest.param(
            "prompt: x\nparameters:\n  {}\n", {"error", "warning", "note"}, id="parameters"
        ),
    ],
)
def test_strange_keys(key: str, job: str, severities: set[str], tmp_path: Path) -> None:
    for number, name in enumerate(all_targets().keys() - {"wan/2.7"}):
        (tmp_path / f"{number}.yaml").write_text(f"target: {name}\n{job.format(key)}")
    findings = [each for each in check(tmp_path).findings if each.severity in severities]
    assert {each.file for each in findings} == {str(path) for path in tmp_path.iterdir()}
