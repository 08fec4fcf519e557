"""From files to facts: the only stage that touches media bytes.

This front door imports nothing: `wanprep.probe` is both this package and the function below,
and the command line must start without either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from wanprep.media.facts import Facts

__all__ = ["probe", "probe_many"]


def probe(path: str | os.PathLike[str], *, deep: bool = False, cache: bool = True) -> Facts:
    """Tell the facts of one file. Never raises for what the file is, or is not.

    `deep` decodes everything, to find damage that no header shows. The worker that reads the
    file stays for the next call and ends with this process.
    """
    from wanprep.media.workers import probe_in_worker

    return probe_in_worker(path, deep=deep, cache=cache)


def probe_many(
    paths: Iterable[str | os.PathLike[str]],
    *,
    deep: bool = False,
    cache: bool = True,
    workers: int | None = None,
) -> Iterator[Facts]:
    """Tell the facts of many files, in their order, on all cores, in little memory."""
    from wanprep.media.workers import probe_in_workers

    return probe_in_workers(paths, deep=deep, cache=cache, workers=workers)
