"""Check jobs and media files against the limits of targets.

Nothing is imported here: `wanprep.check` is both this package and the function below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wanprep.check.result import Report

__all__ = ["check"]


def check(
    *paths: str | os.PathLike[str],
    targets: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    deep: bool = False,
    offline: bool = False,
    cache: bool = True,
    workers: int | None = None,
    target_folders: Sequence[Path] = (),
) -> Report:
    """Check job files and bare media files, folders of them, or globs.

    A job is checked for the `targets` given, else for its own; bare media for the `targets`
    given, else for `wan/2.7`. `roles` maps globs to roles ("voices/*": "voice"); without one,
    the kind of a file decides. Raises UsageError for a target or a path that does not exist.
    """
    from wanprep.check.inputs import CheckRequest
    from wanprep.check.pipeline import run_check

    return run_check(
        CheckRequest(
            paths=tuple(map(str, paths)) or (".",),
            targets=tuple(targets),
            roles=dict(roles or {}),
            deep=deep,
            offline=offline,
            cache=cache,
            workers=workers,
            target_folders=tuple(target_folders),
        )
    )
