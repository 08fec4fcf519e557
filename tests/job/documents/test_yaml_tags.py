from __future__ import annotations

import pytest

from wanprep.job.documents.document import Broken, Document
from wanprep.job.documents.place import SourceText
from wanprep.job.documents.yaml_reader import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: !!str 5", "5", id="as text"),
        pytest.param("a: ! 5", "5", id="as it is"),
        pytest.param("a: !!int '5'", 5, id="as a number"),
        pytest.param("a: !!float 5", 5.0, id="as a fraction"),
        pytest.param("a: !!seq [!!map {}, !!null ~]", [{}, None], id="tags that say nothing"),
    ],
)
def test_tags_of_plain_values(text: str, value: object) -> None:
    (document,) = read_yaml(SourceText(text))
    assert isinstance(document, Document)
    found = document.value["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        pytest.param("a: !!python/object/apply:os.system ['x']", 1, 4,
                     "!!python/object/apply:os.system has no meaning", id="code"),
        pytest.param("a: !important x", 1, 4, "!important", id="own tag"),
        pytest.param("a: !!binary aGk=", 1, 4, "!!binary", id="binary"),
        pytest.param("a: !!set {x}", 1, 4, "!!set", id="set"),
        pytest.param("a: !!int x", 1, 10, "not what its tag !!int says", id="no integer"),
    ],
)  # fmt: skip
def test_tags_that_mean_nothing(text: str, line: int, column: int, says: str) -> None:
    (broken,) = read_yaml(SourceText(text))
    assert isinstance(broken, Broken)
    assert (broken.place.line, broken.place.column) == (line, column)
    assert says in broken.message
