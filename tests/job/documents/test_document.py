from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wanprep.job.documents import read_documents
from wanprep.job.documents.document import Document, Place, SourceText

if TYPE_CHECKING:
    from pathlib import Path

JOB = """\
# a job
target: wan/2.7
prompt: &p Image 1 walks.
references:
  - image: refs/hero.jpg
    voice: "a\\u00e9b.wav"
  - {image: b.png, "a/b~c": [1, 2]}
empty:
again: *p
"""


def document(tmp_path: Path, text: str = JOB, name: str = "job.yaml") -> Document:
    path = tmp_path / name
    path.write_bytes(text.encode())
    (only,) = read_documents(str(path)).documents
    assert isinstance(only, Document)
    return only


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        pytest.param("", Place(2, 1, 9, 10), id="the whole document"),
        pytest.param("/target", Place(2, 9, 2, 16), id="plain text"),
        pytest.param("/prompt", Place(3, 12, 3, 26), id="behind an anchor"),
        pytest.param("/references", Place(5, 3, 7, 36), id="a list"),
        pytest.param("/references/0", Place(5, 5, 6, 26), id="a mapping"),
        pytest.param("/references/0/voice", Place(6, 12, 6, 26), id="quotes belong to it"),
        pytest.param("/references/1", Place(7, 5, 7, 36), id="in braces"),
        pytest.param("/references/1/a~1b~0c/1", Place(7, 33, 7, 34), id="escaped pointer"),
        pytest.param("/empty", Place(8, 7, 8, 7), id="nothing"),
        pytest.param("/again", Place(9, 8, 9, 10), id="an alias stands where it is used"),
        pytest.param("/first_frame", Place(2, 1, 9, 10), id="absent: its parent"),
        pytest.param("/references/7/image", Place(5, 3, 7, 36), id="beyond the list"),
        pytest.param("/references/x", Place(5, 3, 7, 36), id="no index"),
        pytest.param("/target/x", Place(2, 9, 2, 16), id="below a text"),
    ],
)
def test_place(tmp_path: Path, pointer: str, place: Place) -> None:
    assert document(tmp_path).place(pointer) == place


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        pytest.param("/references/0/voice", Place(6, 5, 6, 10), id="a key"),
        pytest.param("/references/1/a~1b~0c", Place(7, 20, 7, 27), id="a quoted key"),
        pytest.param("/references/0", Place(5, 5, 6, 26), id="an entry has none"),
    ],
)
def test_key_place(tmp_path: Path, pointer: str, place: Place) -> None:
    assert document(tmp_path).key_place(pointer) == place


@pytest.mark.parametrize(
    ("pointer", "start", "end", "place"),
    [
        pytest.param("/prompt", 0, 7, Place(3, 12, 3, 19), id="in the text"),
        pytest.param("/again", 0, 7, Place(3, 12, 3, 19), id="through an alias, to the text"),
        pytest.param("/references/0/voice", 1, 2, Place(6, 14, 6, 20), id="an escape is whole"),
        pytest.param("/prompt", 3, 99, Place(3, 12, 3, 26), id="beyond the end"),
        pytest.param("/prompt", 3, 3, Place(3, 12, 3, 26), id="no character at all"),
        pytest.param("/references", 0, 1, Place(5, 3, 7, 36), id="not in a text"),
    ],
)
def test_place_within(tmp_path: Path, pointer: str, start: int, end: int, place: Place) -> None:
    assert document(tmp_path).place_within(pointer, start, end) == place


def test_a_second_place_in_the_same_string(tmp_path: Path) -> None:
    job = document(tmp_path)
    assert job.place_within("/prompt", 0, 1) == job.place_within("/prompt", 0, 1)


def test_json_has_the_same_places(tmp_path: Path) -> None:
    job = document(tmp_path, '{\n\t"prompt": "Image\\u00201",\n\t"references": [ {} ]\n}', "a.json")
    assert job.place("/prompt") == Place(2, 12, 2, 26)
    assert job.key_place("/prompt") == Place(2, 2, 2, 10)
    assert job.place_within("/prompt", 5, 7) == Place(2, 18, 2, 25)
    assert job.place("/references/0") == Place(3, 18, 3, 20)


@pytest.mark.parametrize(
    ("text", "start", "end", "place"),
    [
        pytest.param("abc", 1, 2, Place(1, 2, 1, 3), id="within a line"),
        pytest.param("a\nbc", 2, 4, Place(2, 1, 2, 3), id="unix"),
        pytest.param("a\r\nbc", 3, 5, Place(2, 1, 2, 3), id="windows"),
        pytest.param("a\rbc", 2, 4, Place(2, 1, 2, 3), id="old mac"),
        pytest.param("a\nb\nc", 0, 5, Place(1, 1, 3, 2), id="over lines"),
        pytest.param("图😀x", 2, 3, Place(1, 3, 1, 4), id="characters, not bytes"),
        pytest.param("a\u2028b\x85c", 4, 5, Place(1, 5, 1, 6), id="what ends no line in editors"),
        pytest.param("", 0, 0, Place(1, 1, 1, 1), id="nothing"),
    ],
)
def test_offsets_as_lines_and_columns(text: str, start: int, end: int, place: Place) -> None:
    assert SourceText(text).place(start, end) == place


@pytest.mark.parametrize(
    ("line", "text"), [(0, ""), (1, "one"), (2, ""), (3, "three"), (4, ""), (5, "")]
)
def test_line_text_of_a_source(line: int, text: str) -> None:
    assert SourceText("one\r\n\nthree\n").line_text(line) == text
