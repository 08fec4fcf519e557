"""The published schema of target files: it takes all of ours and refuses slips."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator

from wanprep.rules.target import BUILT_IN
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
FILES: Final = [
    file
    for file in [*BUILT_IN.glob("*.json"), *sorted(PLUGINS.glob("wanprep_*/targets/*.json"))]
    if not file.name.endswith(".schema.json")
]
SCHEMA: Final = Draft202012Validator(load_schema("target"))
VALID: Final = json.loads(
    (PLUGINS / "wanprep_wavespeed/targets/wan-2.7-reference-to-video.json").read_text("utf-8")
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_target_is_one(file: Path) -> None:
    found = SCHEMA.iter_errors(json.loads(file.read_text("utf-8")))

    assert [error.message for error in found] == []


def test_every_key_is_described() -> None:
    for name, found in load_schema("target")["properties"].items():
        assert found["title"], name
        assert found["description"], name


@pytest.mark.parametrize(
    "slip",
    [
        pytest.param(lambda data: data.pop("docs"), id="no docs"),
        pytest.param(lambda data: data.update(id="wavespeed"), id="an id without a provider"),
        pytest.param(lambda data: data.update(title="Wan 2.7"), id="a title without a provider"),
        pytest.param(lambda data: data.update(rolls={}), id="a misspelt key"),
        pytest.param(lambda data: data.update(places={"spot": {"in": "nowhere"}}), id="a place"),
        pytest.param(lambda data: data["roles"]["voice"].pop("x-source"), id="no source"),
        pytest.param(lambda data: data["roles"]["voice"].pop("x-severity"), id="no severity"),
        pytest.param(
            lambda data: data["roles"]["voice"].update({"x-severity": "fatal"}),
            id="no such severity",
        ),
        pytest.param(
            lambda data: data["roles"]["voice"].update({"x-rules": "voice-unsupported"}),
            id="a misspelt annotation",
        ),
        pytest.param(
            lambda data: data["roles"]["voice"]["x-source"].update(checked="today"), id="no date"
        ),
        pytest.param(lambda data: data["style"]["x-source"].pop("doc"), id="no page"),
        pytest.param(lambda data: data.pop("style"), id="ways of naming without a finding"),
        pytest.param(lambda data: data.pop("unknown_key"), id="fields without a finding"),
        pytest.param(
            lambda data: data["fields"]["parameters"]["seed"].pop("name"), id="a nameless field"
        ),
        pytest.param(lambda data: data["fields"].update(promt="prompt"), id="a misspelt field"),
        pytest.param(
            lambda data: data["$defs"]["body"]["properties"]["image"].pop("x-severity"),
            id="deep inside",
        ),
    ],
)
def test_slips_are_refused(slip: Callable[[dict[str, Any]], object]) -> None:
    data = copy.deepcopy(VALID)
    slip(data)

    assert not SCHEMA.is_valid(data)
