"""What a walk through folders leaves out: what .gitignore files say, `exclude` and --exclude.

What is named on the command line is never left out, nor all that is in a folder that is named.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from wanprep.check.gitignore import Patterns
    from wanprep.config import Config

_FILE: Final = ".gitignore"
_REPOSITORY: Final = ".git"
_MOST_BYTES: Final = 2**20


class Level(NamedTuple):
    """Patterns, and the folder that they are relative to; all folders here end with a slash."""

    folder: str
    patterns: Patterns


class Scope(NamedTuple):
    """The patterns that hold in a folder, from above; the last that is about a path decides."""

    of_git: tuple[Level, ...] | None  # None: .gitignore files are not read
    own: tuple[Level, ...]

    @property
    def levels(self) -> tuple[Level, ...]:
        """All patterns; --exclude comes last, and so decides before any file does."""
        return (*(self.of_git or ()), *self.own)

    def inside(self, folder: str, hidden: Collection[str]) -> Scope:
        """Return what holds in a folder, by the hidden files in it; a repository begins anew."""
        if self.of_git is None or (_FILE not in hidden and _REPOSITORY not in hidden):
            return self
        above = () if _REPOSITORY in hidden else self.of_git
        return self._replace(of_git=(*above, *_read_levels(absolute_folder(folder))))


class Exclusions(NamedTuple):
    """What is left out of folders that are walked."""

    gitignore: bool = True
    # As in .gitignore files; each list with the folder that it is relative to. What has none is
    # relative to the current folder or to what is named, as people write it.
    globs: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def scope_at(self, folder: str) -> Scope:
        """Return what holds in a folder that is named, but for its own files."""
        path = absolute_folder(folder)
        of_git = _unless_named(_levels_above(path), path) if self.gitignore else None
        return Scope(of_git, _unless_named(self._own(path), path))

    def _own(self, path: str) -> Iterator[Level]:
        for folder, globs in self.globs:
            if patterns := _parse("\n".join(globs)):
                bases = {absolute_folder(folder)} if folder else {absolute_folder(os.curdir), path}
                yield from (Level(base, patterns) for base in sorted(bases))


def exclusions_of(config: Config, globs: tuple[str, ...], *, no_ignore: bool) -> Exclusions:
    """Combine the configuration with the options --exclude and --no-ignore."""
    of_config = () if no_ignore or not config.exclude else ((str(config.folder), config.exclude),)
    return Exclusions(not no_ignore, (*of_config, *((("", globs),) if globs else ())))


def is_excluded(config: Config, path: str) -> bool:
    """Whether the `exclude` of a configuration leaves out a file, or a folder that it is in."""
    patterns = _parse("\n".join(config.exclude))
    base, inner = absolute_folder(str(config.folder)), os.path.abspath(path)
    if patterns is None or not inner.startswith(base):
        return False
    ends = [at for at in range(len(base), len(inner)) if inner[at] == os.sep]
    names = [*(inner[len(base) : end + 1] for end in ends), inner[len(base) :]]
    return any(patterns.leave_out(*_folder_and_name(name)) for name in names)


def is_git_ignored(path: str) -> bool:
    """Whether git ignores a file, or a folder that it is in."""
    at, above = os.path.abspath(path), absolute_folder(os.path.dirname(path))
    levels = (*_levels_above(above), *_read_levels(above))
    while above != at:
        if is_left_out(levels_in(levels, above), at[len(above) :]):
            return True
        at, above = above, _above(above)
    return False


def _folder_and_name(path: str) -> tuple[str, str]:
    at = path.rstrip(os.sep).rfind(os.sep) + 1
    return path[:at], path[at:]


def levels_in(levels: Sequence[Level], folder: str) -> list[Level]:
    """Return the levels that are about a folder, the last first, each with the path to it."""
    return [
        Level(folder[len(base) :], patterns)
        for base, patterns in reversed(levels)
        if folder.startswith(base)
    ]


def is_left_out(levels: Sequence[Level], name: str) -> bool:
    """Whether a name in a folder is left out; that of a folder ends with a slash."""
    for folder, patterns in levels:
        answer = patterns.leave_out(folder, name)
        if answer is not None:
            return answer
    return False


def _unless_named(found: Iterator[Level], path: str) -> tuple[Level, ...]:
    """Drop patterns that leave out a folder that is named: one around it, or all that is in it."""
    levels = tuple(found)
    for base, patterns in levels:
        inner = path[len(base) :] if path.startswith(base) else ""
        if inner and patterns.leave_out_all_in(inner):
            return ()
    at = path
    while (above := _above(at)) != at and levels:
        if is_left_out(levels_in(levels, above), at[len(above) :]):
            return ()
        at = above
    return levels


def _levels_above(path: str) -> Iterator[Level]:
    """Read what holds above a folder, from the top of its repository or of the file system on."""
    folders = [path]
    while not os.path.lexists(folders[-1] + _REPOSITORY) and _above(folders[-1]) != folders[-1]:
        folders.append(_above(folders[-1]))
    for folder in folders[:0:-1]:
        yield from _read_levels(folder)


def _read_levels(folder: str) -> Iterator[Level]:
    is_repository = os.path.lexists(folder + _REPOSITORY)
    of_user = _read(_excludes_file(folder)) if is_repository else ""
    for text in (of_user, _read(_info_exclude(folder)), _read(folder + _FILE)):
        if patterns := _parse(text):
            yield Level(folder, patterns)


def _excludes_file(folder: str) -> str:
    """Find the user's own file of patterns for a repository: core.excludesFile, or its default."""
    import subprocess

    # A hook's own repository, in these variables, need not be this one.
    environ = {name: value for name, value in os.environ.items()
               if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")}  # fmt: skip
    command = ["git", "config", "--null", "--path", "--get", "core.excludesFile"]
    try:
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
    except OSError:  # there is no git
        done = None
    if done and done.returncode == 0:
        return os.path.join(folder, os.fsdecode(done.stdout.rstrip(b"\0")))
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(config, "git", "ignore")


def _parse(text: str) -> Patterns | None:
    if not text:
        return None
    from wanprep.check.gitignore import parse_patterns

    return parse_patterns(text)


def _info_exclude(folder: str) -> str:
    """Find .git/info/exclude, also where .git is a file that leads to the repository."""
    repository = folder + _REPOSITORY
    if os.path.isfile(repository):
        repository = os.path.join(folder, _read(repository).removeprefix("gitdir:").strip())
        common = _read(os.path.join(repository, "commondir")).strip()
        repository = os.path.join(repository, common)
    return os.path.join(repository, "info", "exclude")


def _read(path: str) -> str:
    """Read a file of patterns; what cannot be read leaves out nothing."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return ""


def absolute_folder(folder: str) -> str:
    """Return the absolute path of a folder, with a slash at its end."""
    return os.path.join(os.path.abspath(folder), "")


def _above(folder: str) -> str:
    return os.path.join(os.path.dirname(folder[:-1]), "") if folder[:-1] else folder
