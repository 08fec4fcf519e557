from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wanprep.job.documents import read_documents
from wanprep.job.documents.document import BrokenDocument, Document, Place

if TYPE_CHECKING:
    from pathlib import Path


def broken(path: Path) -> BrokenDocument:
    (found,) = read_documents(str(path)).documents
    assert isinstance(found, BrokenDocument)
    return found


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        pytest.param(b"", 1, 1, "empty", id="empty"),
        pytest.param(b" \n\t\n", 1, 1, "empty", id="blank"),
        pytest.param(b"\xef\xbb\xbf", 1, 1, "empty", id="byte order mark"),
        pytest.param("a: é".encode("utf-16"), 1, 1, "UTF-16: save it as UTF-8", id="UTF-16"),
        pytest.param("a: é".encode("utf-32"), 1, 1, "UTF-32: save it as UTF-8", id="UTF-32"),
        pytest.param("a: é".encode("utf-16-le"), 1, 2, "save it as UTF-8", id="UTF-16 unmarked"),
        pytest.param("b: 1\na: 图é".encode("gb18030"), 2, 5, "save it as UTF-8", id="GB 18030"),
        pytest.param("图: 1\na: é".encode()[:-2] + b"\xe9", 2, 4, "0xE9 is not", id="Latin-1"),
        pytest.param(b"\xef\xbb\xbfa: \xe9", 1, 4, "0xE9 is not UTF-8", id="marked as UTF-8"),
        pytest.param(b"a: b\0c", 1, 5, "not text", id="NUL"),
        pytest.param(b"a: \xed\xa0\x80", 1, 4, "not UTF-8", id="half a character"),
        pytest.param(b"a" * 1_000_001, 1, 1, "this file has 1.0 MB; a job file", id="too large"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_other_than_text(
    tmp_path: Path, suffix: str, data: bytes, line: int, column: int, message: str
) -> None:
    path = tmp_path / f"job{suffix}"
    path.write_bytes(data)
    found = broken(path)
    assert message in found.message
    assert (found.place.line, found.place.column) == (line, column)


@pytest.mark.parametrize("text", ["# only a comment\n", "---\n---\n"])
def test_yaml_without_a_document(tmp_path: Path, text: str) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(text, encoding="utf-8")
    assert broken(path).message == "this file is empty: there is no job in it"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.touch()
    os.truncate(path, 3 * 10**9)
    assert broken(path).message == "this file has 3.0 GB; a job file has at most 1.0 MB"


def test_a_megabyte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "job.JSON"
    path.write_bytes(b'"' + b"a" * 999_998 + b'"')
    (found,) = read_documents(str(path)).documents
    assert isinstance(found, Document)


@pytest.mark.parametrize("name", ["missing.yaml", "folder", "a\0b.yaml", "link.yaml", ""])
def test_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.yaml").symlink_to("link.yaml")
    found = read_documents(f"{tmp_path}/{name}")
    assert [type(one) for one in found.documents] == [BrokenDocument]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with names")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "job.yaml")
    assert "not a regular file" in broken(tmp_path / "job.yaml").message


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    for name, text, place in (
        ("a.yaml", "a: 1", Place(1, 1, 1, 2)),
        ("a.json", '{"a": 1}', Place(1, 2, 1, 5)),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8-sig")
        (document,) = read_documents(str(path)).documents
        assert isinstance(document, Document)
        assert document.value == {"a": 1}
        assert document.key_place("/a") == place


YAMLISH = st.text(
    st.sampled_from("ab :-?[]{},#&*!|>'\"%@`\\\n\r\t\0\x85\u2028\ufeff\ud800é😀01.~<"), max_size=60
).map(lambda text: text.encode("utf-8", "surrogatepass"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80) | YAMLISH, st.sampled_from([".yaml", ".json"]))
@example(b"? - ? - &a ? *a", ".yaml")
@example(b"a: |\n\x85 b\n", ".yaml")
@example(b'a: "\\UFFFFFFFF"', ".yaml")
def test_any_bytes_have_a_result(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"job{suffix}"
    path.write_bytes(data)
    found = read_documents(str(path))
    assert found.documents
    for document in found.documents:
        place = document.place if isinstance(document, BrokenDocument) else document.place("")
        assert place.line >= 1
        assert place.column >= 1
        assert (place.end_line, place.end_column) >= (place.line, place.column)
