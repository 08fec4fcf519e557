"""The reference of flows names each field of each type, in the order of the code."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest

from wanprep import plugins

PAGE: Final = (Path(__file__).parents[2] / "docs/reference/flows.md").read_text("utf-8")
SECTIONS: Final = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
TYPES: Final = [
    getattr(plugins, name)
    for name in plugins.__all__
    if hasattr(getattr(plugins, name), "__dataclass_fields__")
]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_field_is_described(kind: type) -> None:
    rows = re.findall(r"^\| `(\w+)` \| .+ \|$", SECTIONS[kind.__name__], re.MULTILINE)
    assert rows == [field.name for field in fields(kind)]


def test_every_type_is_exported() -> None:
    assert {*SECTIONS} - {"Exceptions"} == {kind.__name__ for kind in TYPES}
    states = re.findall(r"^\| `state` \| (.*) \|$", SECTIONS["Status"], re.MULTILINE)
    assert {*re.findall(r"`(\w+)`", states[0])} == {*plugins.STATES}
