from __future__ import annotations

import pytest

from wanprep.job.documents.document import Broken, Document
from wanprep.job.documents.place import SourceText
from wanprep.job.documents.yaml_reader import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a:\tb", {"a": "b"}, id="before a value"),
        pytest.param("a: b\t", {"a": "b"}, id="at the end"),
        pytest.param("a: b\t# c", {"a": "b"}, id="before a comment"),
        pytest.param("a: 'b'\t# c\nd: 1\t\n", {"a": "b", "d": 1}, id="behind quotes"),
        pytest.param("a: b\tc \t d", {"a": "b\tc \t d"}, id="within a text"),
        pytest.param("a: b\t\n  c", {"a": "b c"}, id="at the end of a line of several"),
        pytest.param("a: b\n\t\n\t# c\nd: 1", {"a": "b", "d": 1}, id="on an empty line"),
        pytest.param("\t\na: b", {"a": "b"}, id="on the first line"),
        pytest.param("a:\n-\tb\n- \tc", {"a": ["b", "c"]}, id="behind a dash"),
        pytest.param("{\n\t\"a\":\t[\t1\t,\t2\t]\n}", {"a": [1, 2]}, id="between brackets"),
        pytest.param("a: |\n  b\n  \tc\n", {"a": "b\n\tc\n"}, id="in a block"),
        pytest.param("a: 'b\n\tc'", {"a": "b c"}, id="in quotes"),
    ],
)  # fmt: skip
def test_legal_tabs(text: str, value: object) -> None:
    (document,) = read_yaml(SourceText(text))
    assert isinstance(document, Document), document
    assert document.value == value


@pytest.mark.parametrize("text", ["\ta: b", "a:\n\tb: c", "a: b\n\tc: d", "a:\n \t- b"])
def test_tabs_that_indent(text: str) -> None:
    (broken,) = read_yaml(SourceText(text))
    assert isinstance(broken, Broken)
    assert "indent with spaces" in broken.message
