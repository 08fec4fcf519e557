"""Patterns leave out what git ignores: compared with git itself."""

from __future__ import annotations

import itertools
import random
import subprocess
from pathlib import Path
from typing import Final

import pytest

from wanprep.check.gitignore import Patterns, parse_patterns

_NAMES: Final = ("a", "b", "ab", "b ", "#a", "!a", "a.b", "x.a.b", ".b", "[", "]", "-", "\\a")
ODD: Final = [
    "a", "/a", "a/", "/a/b", "a/b", "a/b/", "a/*", "a/**", "**/a", "**/a/b", "a/**/b", "**", "/*",
    "*", "a**", "**b", "a/**b", "***/b", "/**/a/", "*.b", "*.a.b", "*.", ".*", "?", "?b", "\\?b",
    "[ab]", "[!a]", "[^a]", "[]a]", "[]-]", "[a-", "[b-a]", "[a-b]b", "[[:alpha:]]", "[[:no:]]",
    "[[:alpha:][:punct:]]a", "[\\]]", "[!]a]*", "a[", "\\a", "\\\\a", "\\", "a\\", "\\#a", "#a",
    "\\!a", "!a", "a ", "b\\ ", "b\\  ", "b \\", "  ", "/", "//", "a//b", "*\n!a", "!a\n*",
    "/*\n!/a\n/a/*\n!/a/b", "a\n!a/b", "a/*\n!a/b", "*.b\n!x.a.b", "*.b\n!*.a.b\n.b", "a/\n!a",
    "*\n!*/",
    "\ufeffa\r\nb\r\n", "a/b\n!b", "b\n!/a/b", "!/a\n/a\n!/a/", "*/\n!*a*/", "[[:x]", "[a]]",
]  # fmt: skip
PIECES: Final = (*"aab*?/\\!# []-.", "**", "***", "[ab]", "[!a]", "[[:alpha:]]", "[^b]", "*.b")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three levels of folders and files of all names."""
    top = tmp_path_factory.mktemp("tree")
    for name, inner in itertools.product(_NAMES, ("a", "b", "a.b")):
        for path in (f"{name} in/{inner}", f"a/{name}/{inner}", f"b/{name}"):
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            if not (top / path).exists():
                (top / path).touch()
    for name in set(_NAMES) - {"a", "b"}:
        (top / name).touch()
    subprocess.run(["git", "init", "--quiet"], cwd=top, check=True)
    return top


def walk(top: Path, patterns: Patterns | None, folder: str = "") -> tuple[list[str], set[str]]:
    """List what is in a folder and not in one that is left out; and of that, what is left out."""
    found: list[str] = []
    left_out = set()
    for entry in (top / folder).iterdir():
        path, end = f"{folder}{entry.name}", "/" if entry.is_dir() else ""
        if path in {".git", ".gitignore"}:
            continue
        found.append(path)
        if patterns and patterns.leave_out(folder, entry.name + end):
            left_out.add(path)
        elif end:
            inner, of_inner = walk(top, patterns, path + end)
            found += inner
            left_out |= of_inner
    return found, left_out


def check_with_git(top: Path, text: str) -> None:
    (top / ".gitignore").write_text(text)
    found, left_out = walk(top, parse_patterns(text))
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=top, input="\0".join(found), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert left_out == {*filter(None, done.stdout.split("\0"))}, repr(text)


def test_odd_patterns(tree: Path) -> None:
    for text in ODD:
        check_with_git(tree, text)


def test_random_patterns(tree: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - the same ones at every run
    for _ in range(60):
        lines = ("".join(chance.choices(PIECES, k=chance.randint(1, 5))) for _ in range(3))
        check_with_git(tree, "\n".join(lines))
