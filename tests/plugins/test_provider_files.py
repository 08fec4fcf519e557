"""What is known of the services: as the published schema wants it, and said by somebody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from wanprep.plugins.loading import load_providers
from wanprep.schemas import load_schema
from wanprep.submit.services.service import load_service

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
FILES: Final = sorted(PLUGINS.glob("wanprep_*/provider.json"))
SCHEMA: Final = Draft202012Validator(load_schema("provider"))


def loaded(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def test_each_plugin_has_one() -> None:
    assert [file.parent.name for file in FILES] == sorted(
        folder.name for folder in PLUGINS.glob("wanprep_*") if folder.is_dir()
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_every_file_is_as_the_schema_says(file: Path) -> None:
    data = loaded(file)
    assert [error.message for error in SCHEMA.iter_errors(data)] == []
    assert file.parent.name == f"wanprep_{data['name']}"
    settings = {"type": "object", "properties": data["settings"]}
    Draft202012Validator.check_schema(settings)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_code_and_data_say_the_same(file: Path) -> None:
    service = load_service(loaded(file)["name"])
    provider = load_providers()[service.name]
    assert (provider.cancel is None) == (service.cancel is None)
    assert (provider.find is None) == (service.find is None)
    assert (provider.upload is None) == (service.uploads is None)


def test_every_key_is_described() -> None:
    for name, told in load_schema("provider")["properties"].items():
        assert told["title"], name
        assert told["description"], name


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("name",), "Evo Link", id="a name with a blank"),
        pytest.param(("bases", "api"), "http://api.example.com", id="plain http"),
        pytest.param(("bases", "api"), "https://api.example.com/", id="a slash at the end"),
        pytest.param(("keys", "environment"), [], id="no variable"),
        pytest.param(("poll", "every"), 0, id="without a pause"),
        pytest.param(("results", "x-source"), {}, id="nobody says so"),
        pytest.param(("cancel",), "yes", id="no words"),
        pytest.param(("notes",), [{"note": "Hm."}], id="a note of nobody's"),
        pytest.param(("spare",), 1, id="a misspelt key"),
    ],
)
def test_slips_are_refused(path: tuple[str, ...], value: Any) -> None:
    data = loaded(FILES[0])
    inner = data
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    assert not SCHEMA.is_valid(data)
