from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from wanprep.media import cache as cache_module
from wanprep.media.cache import Cache, cache_file, clear_cache
from wanprep.media.facts import Facts


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(b"not really")
    age(path)
    return path


def age(path: Path, seconds: float = 60) -> None:
    """Make a file old enough to be cached."""
    status = path.stat()
    os.utime(path, (status.st_atime, status.st_mtime - seconds - 0.5))


def facts_of(path: Path) -> Facts:
    return Facts(path=str(path), kind="image", format="png", bytes=10, readable=True, gps=False)


def remember(path: Path, *, deep: bool = False) -> None:
    with Cache(deep=deep) as cache:
        _, stamp = cache.look_up(str(path))
        assert stamp
        cache.remember(facts_of(path), stamp)


def cached_facts(path: Path | str, *, deep: bool = False) -> Facts | None:
    with Cache(deep=deep) as cache:
        return cache.look_up(str(path))[0]


def test_stored_facts_are_returned(image: Path) -> None:
    assert cached_facts(image) is None
    remember(image)
    assert cached_facts(image) == facts_of(image)


def test_facts_are_returned_under_the_requested_name(
    image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(image)
    monkeypatch.chdir(image.parent)
    again = cached_facts("a.png")
    assert again is not None
    assert again.path == "a.png"


def test_many_are_looked_up_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a.png", "./a.png", "sub/../a.png", "sub/b.png", "b.png", "sub", "gone.png", "", "c\0",
             os.fsdecode(b"caf\xe9.png"), "\N{PILE OF POO}.png", "/", ".."]  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    kept = {"a.png", "sub/b.png", names[9], names[10]}
    for name in {*kept, "b.png"}:
        (tmp_path / name).write_bytes(b"not really")
        age(tmp_path / name)
    for name in kept:
        remember(tmp_path / name)
    with Cache() as cache:
        found = cache.look_up_many(names)
    assert [facts and facts.path for facts, _ in found] == [
        name if name in {*kept, "./a.png", "sub/../a.png"} else None for name in names
    ]
    assert [name for name, (_, stamp) in zip(names, found, strict=True) if stamp] == [
        *names[:5], *names[9:11]
    ]  # fmt: skip


def test_a_deep_look_is_remembered_apart(image: Path) -> None:
    remember(image)
    assert cached_facts(image, deep=True) is None


def test_any_change_of_the_file_forgets_it(image: Path) -> None:
    remember(image)
    image.write_bytes(b"same size!")
    assert cached_facts(image) is None

    age(image)
    remember(image)
    status = image.stat()
    other = image.with_name("other")
    other.write_bytes(b"0123456789")
    other.replace(image)  # as an editor saves: same size, another inode
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cached_facts(image) is None


def test_another_version_of_the_probe_is_not_believed(
    image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(image)
    monkeypatch.setattr(cache_module, "PROBE_VERSION", "later")
    assert cached_facts(image) is None


def test_a_file_just_written_may_change_within_its_clocks_tick(tmp_path: Path) -> None:
    path = tmp_path / "young.png"
    path.write_bytes(b"not really")
    future = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(future, future))
    remember(path)
    assert cached_facts(path) is None


def test_a_file_that_changed_while_it_was_probed_is_not_remembered(image: Path) -> None:
    with Cache() as cache:
        _, stamp = cache.look_up(str(image))
        assert stamp
        image.write_bytes(b"longer than before")
        age(image)
        cache.remember(facts_of(image), stamp)
    assert cached_facts(image) is None


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(b"not really")
    age(path)
    remember(path)
    assert cached_facts(path) == facts_of(path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(b"this is no database", id="another file"),
        pytest.param(b"SQLite format 3\0" + b"\xff" * 5000, id="a database in ruins"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_damaged_cache_heals_itself(image: Path, damage: bytes) -> None:
    Path(cache_file()).write_bytes(damage)
    remember(image)
    assert cached_facts(image) == facts_of(image)


def test_damage_inside_the_database_heals_too(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(60)]
    for path in paths:
        path.write_bytes(b"not really")
        age(path)
        remember(path)
    file = Path(cache_file())
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xaa" * (len(data) - 4096)
    file.write_bytes(data)

    assert all(cached_facts(path) is None for path in paths)
    remember(paths[0])
    assert cached_facts(paths[0]) == facts_of(paths[0])


def test_a_row_that_makes_no_sense_is_no_answer(image: Path) -> None:
    remember(image)
    with sqlite3.connect(cache_file()) as database:
        database.execute("UPDATE recent SET facts = '{\"colour\": 1}'")
    database.close()
    assert cached_facts(image) is None


@pytest.mark.parametrize("place", ["/dev/null/cache", "/proc/cache"])
def test_without_a_place_it_does_without(
    image: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("WANPREP_CACHE_DIR", place)
    remember(image)
    assert cached_facts(image) is None
    with Cache() as cache:
        assert cache.info().files == 0


def test_info_and_clear(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANPREP_CACHE_DIR", str(tmp_path / "cache"))
    remember(image)
    with Cache() as cache:
        assert cache.info().files == 1
        assert cache.info().bytes > 0
    (Path(cache_file()).parent / "targets").mkdir()  # of those that are known to be valid
    assert clear_cache().files == 1
    assert not (Path(cache_file()).parent / "targets").exists()
    assert cached_facts(image) is None


def test_times_beyond_the_integers_of_a_database(tmp_path: Path) -> None:
    path = tmp_path / "far.png"
    path.write_bytes(b"not really")
    os.utime(path, ns=(2**63 + 5, 2**63 + 5))
    remember(path)
    assert cached_facts(path) == facts_of(path)


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    code = """
import os, sys
from wanprep.media.cache import Cache
from wanprep.media.facts import Facts
for round in range(20):
    with Cache() as cache:
        for number in range(10):
            path = os.path.join(sys.argv[1], f"{sys.argv[2]}-{round}-{number}.png")
            open(path, "w").close()
            os.utime(path, (1, 1))
            cache.remember(Facts(path=path, readable=True), cache.look_up(path)[1])
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)])
        for number in range(3)
    ]
    assert [process.wait() for process in processes] == [0] * 3
    with Cache() as cache:
        assert cache.info().files == 3 * 20 * 10


def test_the_systems_cache_folder_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANPREP_CACHE_DIR")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_module.cache_folder() == "/home/ann/.cache/wanprep"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/ann")
    assert cache_module.cache_folder() == "/var/ann/wanprep"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_module.cache_folder() == "/home/ann/Library/Caches/wanprep"
