from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from wanprep.errors import UsageError
from wanprep.media.facts import FIELDS
from wanprep.schemas import load_schema, schema_names


@pytest.mark.parametrize("name", schema_names())
def test_every_schema_is_one_and_says_what_it_is_for(name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://wanprep.dev/schemas/{name}.schema.json"
    assert schema["title"]
    assert schema["description"]


def test_facts_and_their_schema_have_the_same_fields_in_the_same_order() -> None:
    assert tuple(load_schema("facts")["properties"]) == FIELDS


def test_an_unknown_schema_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"Choose from: .*facts"):
        load_schema("fatcs")
