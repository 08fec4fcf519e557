from __future__ import annotations

import io
from pathlib import Path

import pytest

from wanprep.media.source import Bytes, LocalFile, as_file, blocks


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        pytest.param(0, 4, b"0123", id="the beginning"),
        pytest.param(8, 10, b"89", id="past the end"),
        pytest.param(10, 1, b"", id="at the end"),
        pytest.param(99, 1, b"", id="far away"),
        pytest.param(-1, 4, b"", id="before the beginning"),
        pytest.param(0, 0, b"", id="nothing"),
        pytest.param(0, -5, b"", id="less than nothing"),
    ],
)
def test_every_source_reads_alike(
    tmp_path: Path, offset: int, length: int, expected: bytes
) -> None:
    path = tmp_path / "digits"
    path.write_bytes(b"0123456789")
    with LocalFile(str(path)) as source:
        assert source.size == 10
        assert source.read_at(offset, length) == expected
    assert Bytes(b"0123456789").read_at(offset, length) == expected


def test_a_source_as_a_file() -> None:
    with as_file(Bytes(b"0123456789"), buffer_size=4) as file:
        assert file.read(3) == b"012"
        assert file.seek(-2, io.SEEK_END) == 8
        assert file.read() == b"89"
        assert file.seek(1) == 1
        assert file.seek(1, io.SEEK_CUR) == 2
        assert file.tell() == 2
        assert file.read(2) == b"23"
        with pytest.raises(ValueError, match="negative"):
            file.seek(-20, io.SEEK_END)


def test_blocks() -> None:
    assert list(blocks(Bytes(b"0123456789"), 2, 3)) == [
        (2, b"234"), (5, b"567"), (8, b"89"),
    ]  # fmt: skip
