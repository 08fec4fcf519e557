"""What there is to judge behind some paths: jobs, and media files that stand alone."""

from __future__ import annotations

import fnmatch
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wanprep.check.paths import check_paths, files_in
from wanprep.media.facts import Facts, Kind, extension_format, is_url, usual_kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from wanprep.config import Config
    from wanprep.job.model import Asset

_JOB_SUFFIXES: Final = (".yaml", ".yml", ".json")
_PROGRAMS: Final = (".ts", ".mts")
_KINDS: Final[dict[str, Kind]] = {"reference_video": "video", "voice": "audio"}
_ROLES: Final = {"image": "reference_image", "video": "reference_video", "audio": "voice"}
ROLES: Final = ("reference_image", "reference_video", "first_frame", "voice")


@dataclass(frozen=True, slots=True)
class Subjects:
    """The files to judge, in the order in which they were found."""

    jobs: tuple[str, ...]
    media: tuple[str, ...]
    named: frozenset[str]  # on the command line, and not merely found in a folder
    changed: tuple[str, ...] = ()  # media, also deleted ones, whose jobs are to be judged again
    suspects: frozenset[str] = frozenset()  # jobs that may use them, and did not change
    left_out: int = 0  # more such jobs, too many to look at

    def alone(self, used: Iterable[str]) -> list[str]:
        """List the media to judge by themselves: what a job uses is judged as its asset."""
        known = {os.path.abspath(path) for path in used}
        return [
            path for path in self.media if path in self.named or os.path.abspath(path) not in known
        ]


def subjects(
    paths: Sequence[str], providers: Collection[str], stdin: BinaryIO, *, nul: bool = False
) -> Subjects:
    """Sort out what is named and what is found in folders: only what is named must be ours."""
    check_paths(paths)
    return sorted_out(_files(paths, stdin, nul=nul), providers)


def sorted_out(files: Iterable[tuple[str, bool]], providers: Collection[str]) -> Subjects:
    """Tell jobs from media; what was not named is ours only if it looks so."""
    jobs: dict[str, None] = {}
    media: dict[str, None] = {}
    by_name: set[str] = set()
    for path, named in files:
        if path.lower().endswith(_JOB_SUFFIXES) and not is_url(path):
            if named or _is_job(path, providers):
                jobs[path] = None
        elif named or (is_media(path) and not _is_program(path)):
            media[path] = None
            by_name |= {path} if named else set()
    return Subjects(tuple(jobs), tuple(media), frozenset(by_name))


def is_media(path: str) -> bool:
    """Tell media by their names."""
    return usual_kind(extension_format(path) or "") != "other"


def _is_program(path: str) -> bool:
    """Tell TypeScript from MPEG transport streams, which have the same names: it is text."""
    if not path.lower().endswith(_PROGRAMS):
        return False
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as file:
            head = file.read(1024)
    except (OSError, ValueError):
        return False
    return b"\0" not in head and b"\xff" not in head


def _files(paths: Sequence[str], stdin: BinaryIO, *, nul: bool) -> Iterator[tuple[str, bool]]:
    for path in paths:
        # Lists of names, as `git ls-files` writes them, hold all sorts of files, as folders do.
        named = path != "-" and not os.path.isdir(path)
        for file in files_in([path], stdin, nul=nul):
            yield file, named


def _is_job(path: str, providers: Collection[str]) -> bool:
    from wanprep.job.recognise import is_job

    return is_job(path, providers)


def role_of(facts: Facts, roles: Mapping[str, str], config: Config) -> str:
    """Tell in which role a bare file is judged: as asked, as configured, or by its kind."""
    for pattern, role in roles.items():
        if fnmatch.fnmatch(facts.path, pattern) or fnmatch.fnmatch(
            os.path.basename(facts.path), pattern
        ):
            return role
    if configured := config.role_of(facts.path):
        return configured
    kind = facts.kind if facts.kind != "other" else usual_kind(facts.extension_format or "")
    return _ROLES.get(kind, "reference_image")


def presumed(asset: Asset) -> Facts:
    """Make do with what a job says of an address, where no look at it is needed."""
    return Facts(path=asset.location, kind=_KINDS.get(asset.role, "image"), readable=True)
