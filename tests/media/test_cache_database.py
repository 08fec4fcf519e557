from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from wanprep.media import cache_database
from wanprep.media.cache_database import CacheDatabase, Row


def row(number: int) -> Row:
    return Row(f"/folder/{number:06}.png", 0, number, 1, 2, 3, "1", "{}".ljust(200))


def find(database: CacheDatabase, *rows: Row) -> list[Row | None]:
    found = database.find([each.key for each in rows], deep=False)
    return [found.get(each.key) for each in rows]


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "cache/rows.sqlite3")


def test_it_keeps_what_is_used_and_its_size(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_database, "MAX_BYTES", 600_000)
    used = [row(number) for number in range(20)]
    with CacheDatabase(file) as database:
        for each in used:
            database.store(each)
    with CacheDatabase(file) as database:
        for number in range(100, 8100):
            database.store(row(number))
            if number % 200 == 0:
                assert find(database, *used) == used
    with CacheDatabase(file) as database:
        assert find(database, *used) == used
        assert find(database, row(100)) == [None], "not used since it was stored"
        assert None not in find(database, *map(row, range(7500, 8100)))
        assert 900 < database.count() < 2500
    assert database.bytes < 900_000, "each table is up to one batch of rows larger"


def test_a_row_in_both_tables_is_counted_once_and_the_later_is_found(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_database, "MAX_BYTES", 1)
    for size in (1, 2, 3):
        with CacheDatabase(file) as database:
            database.store(row(7)._replace(size=size))
    with CacheDatabase(file) as database:
        assert database.count() == 1
        assert find(database, row(7)) == [row(7)._replace(size=3)]
    assert find(database, row(7)) == [None], "closed"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("CREATE TABLE recent (a)", id="another table"),
        pytest.param("CREATE VIEW recent AS SELECT 1", id="a view"),
        pytest.param(
            "CREATE TABLE recent (key, deep, size, mtime_ns, ctime_ns, inode, version, facts,"
            " more)",
            id="one more column",
        ),
        pytest.param(
            "CREATE TABLE recent (key, deep, size, mtime_ns, ctime_ns, inode, version,"
            " facts CHECK (facts = 1), PRIMARY KEY (key, deep))",
            id="a constraint",
        ),
    ],
)
def test_a_database_with_other_tables_is_replaced(file: str, script: str) -> None:
    Path(file).parent.mkdir()
    with sqlite3.connect(file) as other:
        other.executescript(script)
        if "more" in script:
            other.execute("INSERT INTO recent (key, deep) VALUES (?, 0)", [row(1).key])
    other.close()
    for _ in range(2):  # noticed when it is used, and created again next time
        with CacheDatabase(file) as database:
            find(database, row(1))
            database.store(row(1))
    with CacheDatabase(file) as database:
        assert find(database, row(1)) == [row(1)]


def test_a_locked_database_is_left_alone(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with CacheDatabase(file) as database:
        database.store(row(1))
    monkeypatch.setattr(cache_database, "_PATIENCE", 0.0)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with CacheDatabase(file) as database:
        assert find(database, row(1)) == [row(1)]
        database.store(row(2))
    other.close()
    with CacheDatabase(file) as database:
        assert database.count() == 1, "no second row, and the first is still there"
