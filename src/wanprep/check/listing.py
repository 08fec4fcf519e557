"""From PATHS to files: folders walked, globs expanded, names read.

Everything is listed in a stable order and one by one, so that a huge folder costs neither
memory nor a wait for the first result. A folder that cannot be listed may hold anything: it is
listed itself, with the reason.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import stat
from bisect import bisect_left
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, BinaryIO, Final

from wanprep.check.exclude import Exclusions, absolute_folder, is_left_out, levels_in
from wanprep.media.facts import NOT_READ, Facts, unreadable_facts
from wanprep.stores.stores import is_object_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wanprep.check.exclude import Scope
    from wanprep.stores.stores import Stores

# A file's path; or, for what cannot be searched for files, why not.
Found = str | Facts

_NOT_LISTED: Final = "the folder cannot be listed"
_NO_ACCESS: Final = "it cannot be opened"
# Version control that does not hide its folder behind a dot.
_VCS: Final = frozenset({"CVS", "_darcs"})


def unread(path: str, what: str, error: OSError | ValueError) -> Facts:
    """Return the facts of what could not be opened: unknown, and not bad."""
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return unreadable_facts(
        path, f"{NOT_READ}: {what} ({reason})" if what else f"{NOT_READ}: {reason}"
    )


def is_missing(path: str) -> bool:
    """Whether there is nothing at a path; where that is not known, there may be something."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def similar_name(path: str) -> str:
    """Return the path of a file that a missing one may mean; empty if none has such a name."""
    from difflib import get_close_matches

    folder, name = os.path.split(path)
    try:
        others = (each for each in os.listdir(folder or os.curdir) if each != name)  # a broken link
        near = get_close_matches(name, others, 1, cutoff=0.7)
    except (OSError, ValueError):
        return ""
    return os.path.join(folder, near[0]) if near else ""


def is_pattern(path: str) -> bool:
    """Whether a path is a glob, and not the real name of a file that looks like one."""
    return glob.has_magic(path) and "://" not in path and not os.path.lexists(path)


def files_in(
    paths: Sequence[str],
    stdin: BinaryIO,
    *,
    nul: bool = False,
    exclusions: Exclusions = Exclusions(),  # noqa: B008 - frozen
    stores: Stores | None = None,
) -> Iterator[Found]:
    """List every file behind some paths; `-` reads names from standard input."""
    for path in paths:
        if stores and is_object_url(path):
            from wanprep.check.objects import find_objects

            yield from find_objects(path, stores)
            continue
        if path == "-":
            names: Iterable[Found] = read_names(stdin, nul=nul)
        else:
            names = expand(path) if is_pattern(path) else [path]
        for name in names:
            yield from [name] if isinstance(name, Facts) else _files_at(name, exclusions)


def read_names(stream: BinaryIO, *, nul: bool) -> Iterator[str]:
    """Read one name per line, or ended by NUL bytes as `find -print0` and `git ls-files -z` do."""
    if not nul:
        for line in stream:
            name = line.rstrip(b"\r\n")
            if name:
                yield os.fsdecode(name)
        return
    rest = b""
    while block := stream.read1(1 << 16):  # type: ignore[attr-defined] # a buffered reader has it
        *names, rest = (rest + block).split(b"\0")
        yield from (os.fsdecode(name) for name in names if name)
    if rest:
        yield os.fsdecode(rest)


def _files_at(path: str, exclusions: Exclusions) -> Iterator[Found]:
    """Walk a folder, its files in the order of their names; list any other path itself."""
    try:
        is_folder = _is_folder(path)
    except OSError as error:
        yield unread(path, _NO_ACCESS, error)
        return
    if not is_folder:
        yield path
        return
    waiting: list[tuple[str, Scope | None]] = [(path, exclusions.scope_at(path))]
    while waiting:  # no recursion: folders may be nested deeper than Python's calls
        at, scope = waiting.pop()
        if scope is None:  # a file
            yield at
            continue
        entries, failure = _scan(at)
        waiting.extend(_inside(at, entries, scope.inside(at, _hidden(entries))))
        if failure:
            yield unread(at, _NOT_LISTED, failure)


def _inside(
    at: str, entries: Sequence[os.DirEntry[str]], scope: Scope
) -> Iterator[tuple[str, Scope | None]]:
    """List what is visible in a folder and not left out; folders with what holds in them."""
    levels = levels_in(scope.levels, absolute_folder(at)) if scope.levels else ()
    before = "" if at == os.curdir else os.path.join(at, "")
    for entry, is_folder in _visible(entries):
        name = f"{entry.name}/" if is_folder else entry.name
        if not (levels and is_left_out(levels, name)):
            yield before + entry.name, scope if is_folder else None


def _hidden(entries: Sequence[os.DirEntry[str]]) -> set[str]:
    """Return the names that begin with a dot, of entries in their order."""
    begin = bisect_left(entries, ".", key=attrgetter("name"))
    names = (entries[at].name for at in range(begin, len(entries)))
    return set(takewhile(lambda name: name.startswith("."), names))


def _is_folder(path: str) -> bool:
    """Whether a path leads to a folder; raise OSError if that is not known."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False


def _scan(folder: str) -> tuple[list[os.DirEntry[str]], OSError | None]:
    """List a folder, sorted, and what kept all or some of it from being listed."""
    entries: list[os.DirEntry[str]] = []
    failure = None
    try:
        with os.scandir(folder or os.curdir) as found:
            entries.extend(found)
    except OSError as error:
        failure = error
    return sorted(entries, key=attrgetter("name")), failure


def _visible(entries: Sequence[os.DirEntry[str]]) -> Iterator[tuple[os.DirEntry[str], bool]]:
    """Leave out what is hidden, version control, and linked folders (circles); last ones first."""
    for entry in reversed(entries):
        is_folder = entry.is_dir(follow_symlinks=False)
        is_vcs = is_folder and entry.name in _VCS
        if not (entry.name.startswith(".") or is_vcs or (entry.is_symlink() and leads_on(entry))):
            yield entry, is_folder


def leads_on(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one; a broken link is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def expand(pattern: str) -> Iterator[Found]:
    """Expand a pattern as the `glob` module does, which drops the folders that it cannot list."""
    root = os.sep if pattern.startswith(os.sep) else ""
    waiting = [(root, pattern.lstrip(os.sep).split(os.sep))]
    unlisted: set[str] = set()  # `**` lists a folder twice
    while waiting:
        at, parts = waiting.pop()
        if not parts:
            yield at
        elif not glob.has_magic(parts[0]):
            path = os.path.join(at, parts[0])
            waiting += [] if is_missing(path) else [(path, parts[1:])]
        elif parts == ["**"]:
            yield at or os.curdir
        else:
            entries, failure = _scan(at)
            waiting.extend(_steps(at, parts, entries))
            if failure and at not in unlisted:
                unlisted.add(at)
                yield unread(at or os.curdir, _NOT_LISTED, failure)


def _steps(
    at: str, parts: list[str], entries: Sequence[os.DirEntry[str]]
) -> Iterator[tuple[str, list[str]]]:
    """Find where the rest of a pattern may match, the last places first."""
    head, *rest = parts
    everywhere = head == "**"
    for entry in reversed(entries):
        is_hidden = entry.name.startswith(".") and not head.startswith(".")
        if is_hidden or not (everywhere or fnmatch.fnmatch(entry.name, head)):
            continue
        path = os.path.join(at, entry.name)
        if everywhere:
            if leads_on(entry) and not (entry.is_symlink() and _is_circle(path)):
                yield path, parts
        elif not rest or leads_on(entry):
            yield path, rest
    if everywhere:
        yield at, rest


def _is_circle(link: str) -> bool:
    """Whether a link leads to a folder that it is in."""
    inside = os.path.realpath(os.path.dirname(link))
    return os.path.join(inside, "").startswith(os.path.join(os.path.realpath(link), ""))
