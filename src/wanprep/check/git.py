"""What git knows: where the repository begins, which files mention a name or are deleted."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]+")


_JOBS: Final = tuple(f":(top,icase)*.{ending}" for ending in ("yaml", "yml", "json"))


def files_that_mention(names: Iterable[str]) -> list[str]:
    """Name the YAML and JSON files in the repository around us that may speak of some files.

    git reads them, on all cores; its index need not be asked which of them there are.
    """
    whole: set[str] = set()
    parts: set[str] = set()
    for name in names:
        told = _as_written(name)
        (whole if told == name else parts).add(told)
    return sorted({*_found(whole, "-w"), *_found(parts)})


def _as_written(name: str) -> str:
    """Take of a name what looks the same in YAML and JSON, whatever else is escaped."""
    plain: list[str] = _PLAIN.findall(name)
    return max(plain, key=len)


def _found(words: Iterable[str], *how: str) -> list[str]:
    wanted = "\n".join(sorted(words))
    if not wanted:
        return []
    grep = ("grep", "-z", "-l", "-I", "-i", "-F", "--no-color", "--no-recurse-submodules", *how)
    here = ("-c", "grep.fullName=false")
    return _names((*here, *grep, "-f", "-", "--", *_JOBS), wanted.encode())


def deleted_files(environ: Mapping[str, str]) -> list[str]:
    """Name the files that the commit to be made deletes, or those between which it is asked.

    A hook is handed the files that there are; what is no longer there breaks jobs, too.
    """
    ends = (environ.get("PRE_COMMIT_FROM_REF"), environ.get("PRE_COMMIT_TO_REF"))
    what = (f"{ends[0]}...{ends[1]}",) if all(ends) else ("--cached",)
    diff = ("diff", "-z", "--name-only", "--no-ext-diff", "--no-renames", "--diff-filter=D")
    names = _names((*diff, "--no-relative", *what, "--"))
    if not names:
        return []
    (top,) = _names(("rev-parse", "--show-toplevel"))
    return [os.path.relpath(os.path.join(top.removesuffix("\n"), name)) for name in names]


def _names(command: Sequence[str], given: bytes = b"") -> list[str]:
    """Run git. Where there is none, and outside of a repository, there is nothing to know."""
    try:
        done = subprocess.run(
            ["git", *command],  # noqa: S607 - the one on PATH, as hooks have it
            input=given,
            capture_output=True,
            check=False,
        )
    except OSError:
        return []
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def path_in_repository(file: str) -> str:
    """Name a file from the root of the repository, or absolutely where it lies outside."""
    path = os.path.abspath(file)
    inside = os.path.relpath(path, _root(os.getcwd()))
    return path if inside.split(os.sep)[0] == os.pardir else inside.replace(os.sep, "/")


@cache
def _root(folder: str) -> str:
    """Find the repository around a folder; without one the folder is the root."""
    above = folder
    while not os.path.exists(os.path.join(above, ".git")):
        if os.path.dirname(above) == above:
            return folder
        above = os.path.dirname(above)
    return above


def utf8_path(path: str) -> str:
    r"""Write a name so that it is valid Unicode: a byte that is no UTF-8 becomes \xe9."""
    return os.fsencode(path).decode(errors="backslashreplace")
