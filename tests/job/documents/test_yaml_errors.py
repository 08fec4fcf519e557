from __future__ import annotations

import pytest

from wanprep.job.documents.document import BrokenDocument, SourceText
from wanprep.job.documents.yaml_errors import explain_error
from wanprep.job.documents.yaml_reader import read_yaml


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param("prompt: Scene: a cat", 1, 14, "begin a value inside", id="colon"),
        pytest.param("- image: a: b", 1, 11, "begin a value inside", id="colon in an entry"),
        pytest.param("prompt:Image 1 walks\ntarget: x", 2, 7, "line above has no space",
                     id="no space after a colon"),
        pytest.param("a: 1\n  b: 2", 2, 4, "indented deeper", id="indented too far"),
        pytest.param("prompt: @Image1 walks", 1, 9, "cannot begin with @", id="at sign"),
        pytest.param("prompt: %d", 1, 9, "cannot begin with %", id="per cent"),
        pytest.param("prompt: `x`", 1, 9, "cannot begin with `", id="back quote"),
        pytest.param("prompt: *bold* text", 1, 9, "begins with * must be in quotes", id="star"),
        pytest.param("prompt: **bold** text", 1, 9, "begins with * must", id="two stars"),
        pytest.param("prompt: & so on", 1, 9, "cannot begin with *, &", id="ampersand"),
        pytest.param("prompt: !x!y", 1, 9, "cannot begin with *, & or !", id="exclamation mark"),
        pytest.param("prompt: - a", 1, 9, "begins with a dash", id="dash"),
        pytest.param("prompt: ? a", 1, 9, "lone ?", id="question mark"),
        pytest.param("prompt: , a", 1, 9, "missing before this ,", id="comma"),
        pytest.param("prompt: [Image 1] walks", 1, 19, "closing quote or bracket", id="bracket"),
        pytest.param('prompt: "Hello" she says', 1, 17, "closing quote or bracket", id="quoted"),
        pytest.param("prompt: 'it's'", 1, 13, "closing quote or bracket", id="apostrophe"),
        pytest.param("prompt: > text", 1, 11, "begins on the next line", id="folded on its line"),
        pytest.param("prompt: |x", 1, 10, "begins on the next line", id="literal on its line"),
        pytest.param("prompt: |\n     \n  x\n", 3, 3, "indented differently", id="short line"),
        pytest.param("prompt: |\n  \n     \n   x", 4, 4, "empty line", id="long empty line"),
        pytest.param('voice: "C:\\pics"', 1, 12, "backslash", id="backslash"),
        pytest.param('voice: "\\x1"', 1, 11, "needs 2 hexadecimal digits", id="short escape"),
        pytest.param('voice: "\\UFFFFFFFF"', 1, 1, "cannot parse", id="no such character"),
        pytest.param('a: "x\nb: 1', 1, 4, "never closed", id="open quote"),
        pytest.param("a: [1, 2\nb: 3", 2, 2, "no ] that closes the bracket opened on line 1",
                     id="open bracket"),
        pytest.param("a: {b: 1,\n c: 2\n", 2, 6, "no } that closes", id="open brace at the end"),
        pytest.param("a: {b: https:x", 1, 15, "no } that closes", id="open brace"),
        pytest.param("...\n", 1, 1, "a value is missing here", id="only an end"),
        pytest.param("a: [}", 1, 5, "missing before this }", id="wrong bracket"),
        pytest.param("{\"a\": 1}}", 1, 9, "complete before this", id="bracket too many"),
        pytest.param("a: 1\n... b", 2, 5, "three dots", id="after the end"),
        pytest.param("%FOO x y\na: 1", 2, 1, "complete before this", id="directive alone"),
        pytest.param("%YAML 3.0\n---\na: 1", 1, 1, "begins with %", id="YAML 3"),
        pytest.param("a: 1\nfoo\nb: 2", 2, 1, "neither `key: value` nor", id="no key"),
        pytest.param("references:\n  - image: a\n   voice: b", 3, 4, "indented differently",
                     id="entry out of line"),
        pytest.param("a:\n\tb: 1", 2, 1, "indent with spaces", id="tab"),
        pytest.param("a: x\x07", 1, 5, "U+0007", id="control character"),
        pytest.param("a: 1\n<<<<<<< ours\nb: 2\n=======\nb: 3\n>>>>>>> theirs\n", 2, 1,
                     "unresolved merge conflict", id="conflict"),
    ],
)  # fmt: skip
def test_explain_error(text: str, line: int, column: int, message: str) -> None:
    (broken,) = read_yaml(SourceText(text))
    assert isinstance(broken, BrokenDocument)
    assert message in broken.message
    assert (broken.place.line, broken.place.column) == (line, column)


def test_an_unknown_error_keeps_its_message() -> None:
    from ruamel.yaml.error import MarkedYAMLError, StringMark

    mark = StringMark("x", 3, 0, 3, "", 3)
    assert explain_error(MarkedYAMLError(None, None, "too blue", mark), "abc") == (
        3,
        "this is not YAML: too blue",
    )
