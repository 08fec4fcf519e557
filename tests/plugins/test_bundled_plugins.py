"""The bundled plugins: their provider.json, and what their code imports."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

import wanprep.plugins
from wanprep.plugins.loading import installed
from wanprep.schemas import load_schema
from wanprep.submit.services.service import load_service

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
FILES: Final = sorted(PLUGINS.glob("wanprep_*/provider.json"))
SCHEMA: Final = Draft202012Validator(load_schema("provider"))


def loaded(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def test_each_plugin_with_code_has_a_provider_file() -> None:
    assert [file.parent.name for file in FILES] == sorted(
        folder.name for folder in PLUGINS.glob("wanprep_*") if (folder / "__init__.py").is_file()
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_provider_files_match_the_schema(file: Path) -> None:
    data = loaded(file)
    assert [error.message for error in SCHEMA.iter_errors(data)] == []
    assert file.parent.name == f"wanprep_{data['name']}"
    settings = {"type": "object", "properties": data["settings"]}
    Draft202012Validator.check_schema(settings)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_code_and_data_agree(file: Path) -> None:
    service = load_service(loaded(file)["name"])
    provider = installed().provider(service.name)
    assert (provider.cancel is None) == (service.cancel is None)
    assert (provider.find is None) == (service.find is None)
    assert (provider.upload is None) == (service.uploads is None)


def test_every_key_is_described() -> None:
    for name, schema in load_schema("provider")["properties"].items():
        assert schema["title"], name
        assert schema["description"], name


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("name",), "Evo Link", id="a name with a blank"),
        pytest.param(("bases", "api"), "http://api.example.com", id="plain http"),
        pytest.param(("bases", "api"), "https://api.example.com/", id="a slash at the end"),
        pytest.param(("keys", "environment"), [], id="no variable"),
        pytest.param(("poll", "every"), 0, id="no interval"),
        pytest.param(("results", "x-source"), {}, id="no source"),
        pytest.param(("cancel",), "yes", id="text instead of an object"),
        pytest.param(("notes",), [{"note": "Hm."}], id="a note without a source"),
        pytest.param(("spare",), 1, id="a misspelt key"),
    ],
)
def test_invalid_provider_files(path: tuple[str, ...], value: Any) -> None:
    data = loaded(FILES[0])
    inner = data
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    assert not SCHEMA.is_valid(data)


@pytest.mark.parametrize(
    "file",
    sorted(PLUGINS.glob("wanprep_*/*.py")),
    ids=lambda file: f"{file.parent.name}.{file.stem}",
)
def test_plugins_import_only_the_public_modules(file: Path) -> None:
    imported = {
        module
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    ours = {module for module in imported if module.partition(".")[0].startswith("wanprep")}
    own = {module for module in ours if module.partition(".")[0] == file.parent.name}
    assert ours - own <= {"wanprep.plugins", "wanprep.emulator"}


def test_the_public_names_exist() -> None:
    assert all(hasattr(wanprep.plugins, name) for name in wanprep.plugins.__all__)


def test_importing_the_public_names_is_cheap() -> None:
    code = (
        "import sys; import wanprep.plugins\n"
        "print({'pluggy', 'httpx', 'PIL', 'jsonschema', 'wanprep.emulator'} & {*sys.modules})"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
