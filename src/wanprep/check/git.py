"""Ask git which files a commit changes or deletes, and which jobs mention them.

A hook is given names of all sorts. What is neither a job nor media is left alone, as in folders;
an unchanged job is checked again when an image of it changed, or is about to be deleted.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from wanprep.check.exclude import Exclusions
from wanprep.check.listing import files_in, is_missing, read_names
from wanprep.check.paths import is_media, sort_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from wanprep.check.paths import Subjects

MOST_JOBS: Final = 1000  # jobs to read for the files they use: a commit must not take minutes
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]+")
_JOBS: Final = tuple(f":(top,icase)*.{ending}" for ending in ("yaml", "yml", "json"))


def changed_subjects(
    paths: Sequence[str],
    providers: Collection[str],
    stdin: BinaryIO,
    *,
    nul: bool = False,
    exclusions: Exclusions = Exclusions(),  # noqa: B008 - frozen
) -> Subjects:
    """Sort the files that changed, and add the jobs that may use them."""
    names = list(_names(paths, stdin, nul=nul))
    gone = {name for name in names if is_missing(name)}
    existing = [name for name in names if name not in gone]
    deleted = [*filter(gone.__contains__, names), *deleted_files(os.environ)]
    files = files_in(existing, stdin, exclusions=exclusions)
    found = sort_files(((file, False) for file in files), providers)
    changed = (*found.media, *filter(is_media, deleted))
    jobs = set(map(os.path.abspath, found.jobs))
    mentioning = files_that_mention(map(os.path.basename, changed))
    others = ((path, False) for path in mentioning if os.path.abspath(path) not in jobs)
    candidates = sort_files(others, providers)
    kept = candidates.jobs[:MOST_JOBS]
    return replace(
        found,
        jobs=(*found.jobs, *kept),
        unread=(*found.unread, *candidates.unread),
        changed=changed,
        candidates=frozenset(kept),
        left_out=len(candidates.jobs) - len(kept),
    )


def _names(paths: Sequence[str], stdin: BinaryIO, *, nul: bool) -> Iterator[str]:
    for path in paths:
        yield from read_names(stdin, nul=nul) if path == "-" else [path]


def unaffected_jobs(found: Subjects, used: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the candidates that use nothing that changed; `used` lists the files of each job."""
    changed = {key for path in found.changed for key in _keys(path)}
    return {
        job
        for job in found.candidates
        if all(changed.isdisjoint(_keys(path)) for path in used.get(job, ()))
    }


def _keys(path: str) -> set[object]:
    """Return what all names of one file have in common: through links, and whatever their case."""
    keys: set[object] = {os.path.abspath(path), os.path.realpath(path)}
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return keys
    return keys | {(status.st_dev, status.st_ino)}


def files_that_mention(names: Iterable[str]) -> list[str]:
    """List the YAML and JSON files in the repository that may mention some files.

    git reads them, on all cores, without a listing of its index.
    """
    whole: set[str] = set()
    parts: set[str] = set()
    for name in names:
        # What looks the same in YAML and JSON, whatever else is escaped.
        plain: str = max(_PLAIN.findall(name), key=len)
        (whole if plain == name else parts).add(plain)
    return sorted({*_grep(whole, "-w"), *_grep(parts)})


def _grep(words: Iterable[str], *options: str) -> list[str]:
    patterns = "\n".join(sorted(words))
    if not patterns:
        return []
    grep = ("grep", "-z", "-l", "-I", "-i", "-F", "--no-color", "--no-recurse-submodules", *options)
    here = ("-c", "grep.fullName=false")
    found, errors = _run_git((*here, *grep, "-f", "-", "--", *_JOBS), patterns.encode())
    return [*found, *_shut_jobs()] if errors else found


def _shut_jobs() -> list[str]:
    """List the YAML and JSON files that git could not open either: they may mention anything."""
    return [name for name in _git(("ls-files", "-z", "--", *_JOBS)) if _is_shut(name)]


def _is_shut(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return False


def deleted_files(environ: Mapping[str, str]) -> list[str]:
    """List the files that are deleted by the staged commit or the range that pre-commit checks.

    A hook is given the files that exist; those that no longer exist break jobs, too.
    """
    ends = (environ.get("PRE_COMMIT_FROM_REF"), environ.get("PRE_COMMIT_TO_REF"))
    what = (f"{ends[0]}...{ends[1]}",) if all(ends) else ("--cached",)
    diff = ("diff", "-z", "--name-only", "--no-ext-diff", "--no-renames", "--diff-filter=D")
    names = _git((*diff, "--no-relative", *what, "--"))
    if not names:
        return []
    (top,) = _git(("rev-parse", "--show-toplevel"))
    return [os.path.relpath(os.path.join(top.removesuffix("\n"), name)) for name in names]


def _git(command: Sequence[str]) -> list[str]:
    return _run_git(command)[0]


def _run_git(command: Sequence[str], stdin: bytes = b"") -> tuple[list[str], bytes]:
    """Return the names and errors that git prints; nothing without it or outside a repository."""
    try:
        done = subprocess.run(
            ["git", *command],  # noqa: S607 - the one on PATH, as hooks have it
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError:
        return [], b""
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name], done.stderr


def is_in_git(path: str) -> bool:
    """Whether git has the content of a file, committed or staged."""
    folder, name = os.path.split(os.path.realpath(path))
    # A hook's own repository, in these variables, need not be the file's.
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}

    def ask(*command: str) -> bytes:
        return subprocess.run(
            ["git", "--literal-pathspecs", *command, "--", name],  # noqa: S607 - the one on PATH
            cwd=folder, env=environ, capture_output=True, check=True,
        ).stdout  # fmt: skip

    try:
        return ask("hash-object").strip() in ask("ls-files", "-z", "--stage").split()
    except (OSError, subprocess.CalledProcessError):
        return False


def path_in_repository(file: str) -> str:
    """Return a path from the root of the repository, or an absolute one outside of it."""
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
    r"""Write a name as valid Unicode: a byte that is no UTF-8 becomes \xe9."""
    return os.fsencode(path).decode(errors="backslashreplace")
