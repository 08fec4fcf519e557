"""A first job, made of the media in a folder and of what a target accepts."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from wanprep.check.inputs import CheckRequest, Inputs, cases
from wanprep.check.paths import files_in
from wanprep.check.pipeline import report_on
from wanprep.job.model import parse_jobs
from wanprep.job.references.binding import rewrite
from wanprep.media import probe_many
from wanprep.media.facts import Facts, extension_format, usual_kind
from wanprep.rules.judge_asset import judge_asset, lacks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.config import Config
    from wanprep.job.references.binding import Kind
    from wanprep.rules.target import Target

# How many images and videos, and a prompt that uses them; the richest first.
_PROMPTS: Final = (
    (2, 1, "Image 1 meets Image 2 while Video 1 dances beside them."),
    (1, 1, "Image 1 watches Video 1 dance."),
    (2, 0, "Image 1 meets Image 2 in a garden."),
    (1, 0, "Image 1 walks through a garden."),
    (1, 0, "Slowly the camera moves closer."),
    (0, 1, "Video 1 dances in a garden."),
)
# Used where there are no media, for the user to replace.
_PLACEHOLDERS: Final = (
    Facts(path="refs/hero.jpg", kind="image", readable=True),
    Facts(path="refs/garden.png", kind="image", readable=True),
    Facts(path="refs/dance.mp4", kind="video", readable=True),
)
_PARAMETERS: Final = ({"resolution": "720p", "duration": 5}, {"resolution": "480p", "duration": 5})
_ROLES: Final = {"image": "reference_image", "video": "reference_video"}
_UNQUOTED: Final = re.compile(r"[A-Za-z0-9_][\w./-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class FirstJob:
    """The text of a job, and what a check of it would find."""

    text: str
    errors: int
    warnings: int
    is_example: bool  # its media do not exist


def media_in(folder: str, stdin: BinaryIO) -> list[Facts]:
    """Probe the images and videos in a folder."""
    paths = (
        path
        for path in files_in([folder], stdin)
        if usual_kind(extension_format(path) or "") in _ROLES
    )
    return [facts for facts in probe_many(paths) if facts.readable and facts.kind in _ROLES]


def first_job(
    target: Target, media: Sequence[Facts], *, file: str, schema: str, config: Config
) -> FirstJob:
    """Write the job with the fewest errors for a target, with the best of the media."""
    ranked = sorted(media or _PLACEHOLDERS, key=lambda facts: _problems(facts, target))
    drafts = (
        _checked(text, file, used, target, config, is_example=not media)
        for text, used in _drafts(target, ranked, file, schema)
    )
    return min(drafts, key=lambda draft: (draft.errors, draft.warnings))


def _problems(facts: Facts, target: Target) -> tuple[int, int]:
    """Count the errors and warnings of a file used as a reference."""
    role = _ROLES[facts.kind]
    severities = [each.severity for each in judge_asset(facts, target, role)]
    return lacks(target, role) + severities.count("error"), severities.count("warning")


def _drafts(
    target: Target, media: Sequence[Facts], file: str, schema: str
) -> Iterator[tuple[str, Mapping[str, Facts]]]:
    """Write a job for each prompt that there are media for; each with its media by name."""
    images = [facts for facts in media if facts.kind == "image"]
    videos = [facts for facts in media if facts.kind == "video"]
    for image_count, video_count, prompt in _PROMPTS:
        if image_count <= len(images) and video_count <= len(videos):
            chosen = [*images[:image_count], *videos[:video_count]]
            used = {os.path.relpath(facts.path, os.path.dirname(file)): facts for facts in chosen}
            for parameters in _PARAMETERS:
                yield _text(target, prompt, used, parameters, schema), used


def _text(
    target: Target,
    prompt: str,
    used: Mapping[str, Facts],
    defaults: Mapping[str, object],
    schema: str,
) -> str:
    kinds = [cast("Kind", facts.kind) for facts in used.values()]
    styles = target.data.get("prompt_styles") or ["Image 1"]
    fields = target.data.get("fields", {}).get("parameters", defaults)
    lines = [
        f"# yaml-language-server: $schema={schema}",
        f"target: {target.id}",
        "# What happens. Image 1 is the first image below, Video 1 the first video.",
        f"prompt: {rewrite(prompt, kinds, styles)}",
        "references:",
        *(f"  - {facts.kind}: {_scalar(name)}" for name, facts in used.items()),
    ]
    if parameters := [f"{name}: {value}" for name, value in defaults.items() if name in fields]:
        lines.append(f"parameters: {{{', '.join(parameters)}}}")
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    return text if _UNQUOTED.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _checked(
    text: str,
    file: str,
    used: Mapping[str, Facts],
    target: Target,
    config: Config,
    *,
    is_example: bool,
) -> FirstJob:
    job_file = parse_jobs(text, file)
    of_file, wrong = cases(job_file, [target], {target.id: target}, [target])
    facts = {os.path.join(os.path.dirname(file), name): each for name, each in used.items()}
    inputs = Inputs(
        question=CheckRequest(paths=(file,), targets=(target.id,), config=config),
        files=(job_file,), cases=(tuple(of_file),), wrong=(tuple(wrong),), alone=(), bare=(),
        facts=facts,
    )  # fmt: skip
    summary = report_on(inputs).summary
    return FirstJob(text, summary["errors"], summary["warnings"], is_example)
