"""Read the facts of media files; the only stage that touches media bytes.

Nothing is imported until a function is called: `wanprep` exports them, and must start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from wanprep.media.facts import Facts

__all__ = ["probe", "probe_many"]


def probe(path: str | os.PathLike[str], *, deep: bool = False, cache: bool = True) -> Facts:
    """Read the facts of one file. Never raises because of the file's contents.

    `deep` decodes everything, to find damage that no header shows. The worker that reads the
    file stays for the next call and ends with this process.
    """
    from wanprep.media.workers import probe_in_worker

    return probe_in_worker(path, deep=deep, cache=cache)


def probe_many(
    paths: Iterable[str | os.PathLike[str] | Facts],
    *,
    deep: bool = False,
    cache: bool = True,
    workers: int | None = None,
) -> Iterator[Facts]:
    """Read the facts of many files on all cores, in their order, in bounded memory.

    Facts among the paths, of files that need not be opened, are returned as they are.
    """
    from wanprep.media.workers import probe_in_workers

    return probe_in_workers(paths, deep=deep, cache=cache, workers=workers)
