"""Describe targets and rules, and compare jobs with targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.api.descriptions import Explanation, TargetInfo
    from wanprep.api.settings import Configuration, ProgressCallback, StrPath
    from wanprep.compare.compare_jobs import Comparison


def targets(*ids: str, config: Configuration = True) -> tuple[TargetInfo, ...]:
    """Describe the targets of these ids, or all of them, with their limits and sources.

    Raises UsageError for an id that does not exist.
    """
    from wanprep.api.descriptions import describe
    from wanprep.api.settings import resolve_config
    from wanprep.rules.target import all_targets, choose_targets

    available = all_targets(resolve_config(config).target_folders)
    chosen = choose_targets(ids, available) if ids else available.usable()
    return tuple(map(describe, chosen))


def explain(rule: str, *, config: Configuration = True) -> Explanation:
    """Explain a rule: what it means, why, how to fix it by hand, and which targets have it.

    Raises UsageError for a rule that does not exist.
    """
    from wanprep.api.descriptions import explanation
    from wanprep.api.settings import resolve_config
    from wanprep.rules.finding import find_rule
    from wanprep.rules.target import all_targets

    found = find_rule(rule)
    return explanation(found, all_targets(resolve_config(config).target_folders).usable())


def compare(
    *jobs: StrPath,
    targets: Sequence[str] = (),
    offline: bool = False,
    config: Configuration = True,
    progress: ProgressCallback | None = None,
) -> tuple[Comparison, ...]:
    """Compare each job with each target, or with some: what must change, and the price.

    The rows of a job stand together, the best first: what fits before what must be fixed, then by
    price. Raises UsageError for a job or a target that does not exist.
    """
    from wanprep.api.settings import plain_paths, probing, resolve_config
    from wanprep.compare.compare_jobs import compare_jobs

    found = resolve_config(config)
    with probing(progress):
        return tuple(compare_jobs(plain_paths(jobs), found, targets=targets, offline=offline))
