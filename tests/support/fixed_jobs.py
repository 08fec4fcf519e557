"""Job files fixed from their text alone, and read again by another YAML reader."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from wanprep.check.inputs import read_cases
from wanprep.fix.job.fix_job import fix_job
from wanprep.fix.plan.plan import Options
from wanprep.job.model import parse_jobs
from wanprep.rules.target import all_targets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wanprep.fix.job.changes import FixedJob
    from wanprep.job.model import JobFile

TARGETS: Final = all_targets()
EVOLINK: Final = "evolink/wan2.7-reference-video"
OXEN: Final = "oxen/wan-v2-7-reference-to-video"
RUNCOMFY: Final = "runcomfy/wan-2-7-reference-to-video"
RUNCOMFY_22: Final = "runcomfy/wan-2-2-image-to-video"
WAVESPEED: Final = "wavespeed/wan-2.7-reference-to-video"


def job_file(text: str, name: str = "job.yaml") -> JobFile:
    return parse_jobs(text, name)


def fix(
    text: str,
    *,
    name: str = "job.yaml",
    yes: bool = False,
    moved: Mapping[tuple[int, str], str] | None = None,
    ignored: Collection[str] = (),
) -> FixedJob:
    """Fix the text of a job; a job without a target is judged for EvoLink."""
    return fix_file(job_file(text, name), yes=yes, moved=moved, ignored=ignored)


def fix_file(
    file: JobFile,
    *,
    target: str = EVOLINK,
    yes: bool = False,
    moved: Mapping[tuple[int, str], str] | None = None,
    ignored: Collection[str] = (),
) -> FixedJob:
    found, _ = read_cases(file, [], TARGETS, [TARGETS[target]])
    return fix_job(file, found, options=Options(yes=yes), moved=moved, ignored=ignored)


def independent(text: str) -> list[Any]:
    """Read all documents with a loader that wanprep does not use, as YAML 1.2."""
    loader = YAML(typ="rt")
    loader.version = "1.2"
    documents = loader.load_all(io.StringIO(text))
    return [json.loads(json.dumps(document, default=_plain)) for document in documents]


def _plain(value: object) -> object:
    if isinstance(value, float):
        return float(value)
    return str(value)
