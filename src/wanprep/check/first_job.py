"""Write a first job from the media in a folder, within the limits of a target."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from wanprep.check.cases import read_cases
from wanprep.check.inputs import Inputs
from wanprep.check.listing import files_in
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest
from wanprep.job.model import parse_jobs
from wanprep.job.references.binding import rewrite
from wanprep.job.references.dialects import dialect_of
from wanprep.job.roles import common_roles
from wanprep.media import probe_many
from wanprep.media.facts import Facts, extension_format, usual_kind
from wanprep.rules.judge_asset import judge_asset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.config import Config
    from wanprep.rules.target import Target

# From the most references to none: images, clips, and a prompt that names them.
_SCENES: Final = (
    (2, 1, "Image 1 meets Image 2 while Video 1 dances beside them."),
    (1, 1, "Image 1 watches Video 1 dance."),
    (2, 0, "Image 1 meets Image 2 in a garden."),
    (1, 0, "Image 1 walks through a garden."),
    (1, 0, "Slowly the camera moves closer."),
    (0, 1, "Video 1 dances in a garden."),
)
# Placeholders for a folder without media.
_EXAMPLES: Final = (
    Facts(path="refs/hero.jpg", kind="image", readable=True),
    Facts(path="refs/garden.png", kind="image", readable=True),
    Facts(path="refs/dance.mp4", kind="video", readable=True),
)
_PARAMETERS: Final = ({"resolution": "720p", "duration": 5}, {"resolution": "480p", "duration": 5})
_KINDS: Final = ("image", "video")  # of what a first job shows
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][\w./-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class FirstJob:
    """The text of a job, and what a check of it would find."""

    text: str
    errors: int
    warnings: int
    is_example: bool  # its media do not exist


def media_in(folder: str, stdin: BinaryIO) -> list[Facts]:
    """Probe the images and clips in a folder, as a check would, also those that cannot be read."""
    named = (
        path
        for path in files_in([folder], stdin)
        if isinstance(path, Facts) or usual_kind(extension_format(path) or "") in _KINDS
    )
    found = probe_many(named)
    return [each for each in found if not each.readable or each.kind in _KINDS]


def first_job(
    target: Target, media: Sequence[Facts], *, file: str, schema: str, config: Config
) -> FirstJob:
    """Write a job that the target accepts, or else the one with the fewest errors."""
    found = media or _EXAMPLES
    ranked = sorted(found, key=lambda facts: _faults(facts, target))
    drafts = (
        _check_draft(text, file, used, target, config, is_example=not media)
        for text, used in _drafts(target, ranked, file, schema)
    )
    return min(drafts, key=lambda draft: (draft.errors, draft.warnings))


def _faults(facts: Facts, target: Target) -> tuple[int, int]:
    """Count a file's errors, then its other findings."""
    role = next(role.name for role in common_roles().of_kind(facts.kind))
    found = [each.severity for each in judge_asset(facts, target, role)]
    return (not target.has_role(role)) + found.count("error"), found.count("warning")


def _drafts(
    target: Target, media: Sequence[Facts], file: str, schema: str
) -> Iterator[tuple[str, Mapping[str, Facts]]]:
    images = [facts for facts in media if facts.kind == "image"]
    clips = [facts for facts in media if facts.kind == "video"]
    for of_images, of_clips, prompt in _SCENES:
        if of_images <= len(images) and of_clips <= len(clips):
            chosen = [*images[:of_images], *clips[:of_clips]]
            used = {os.path.relpath(facts.path, os.path.dirname(file)): facts for facts in chosen}
            for parameters in _PARAMETERS:
                yield _text(target, prompt, used, parameters, schema), used


def _text(
    target: Target,
    prompt: str,
    used: Mapping[str, Facts],
    usual: Mapping[str, object],
    schema: str,
) -> str:
    kinds: list[str] = [_kind(facts) for facts in used.values()]
    styles = target.data.get("prompt_styles") or ["Image 1"]
    dialect = dialect_of({**target.data, "prompt_styles": styles})
    fields = target.data.get("fields", {}).get("parameters", usual)
    parameters = {name: value for name, value in usual.items() if name in fields}
    lines = [
        f"# yaml-language-server: $schema={schema}",
        f"target: {target.id}",
        "# What happens. Image 1 is the first image below, Video 1 the first clip.",
        f"prompt: {rewrite(prompt, kinds, dialect)}",
        "references:",
        *(f"  - {facts.kind}: {_scalar(name)}" for name, facts in used.items()),
    ]
    if parameters:
        inside = ", ".join(f"{name}: {value}" for name, value in parameters.items())
        lines.append(f"parameters: {{{inside}}}")
    return "\n".join(lines) + "\n"


def _kind(facts: Facts) -> str:
    return "image" if facts.kind == "image" else "video"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _check_draft(
    text: str,
    file: str,
    used: Mapping[str, Facts],
    target: Target,
    config: Config,
    *,
    is_example: bool,
) -> FirstJob:
    written = parse_jobs(text, file)
    found, problems = read_cases(written, [target], {target.id: target}, [target])
    facts = {os.path.join(os.path.dirname(file), name): each for name, each in used.items()}
    inputs = Inputs(
        request=CheckRequest(paths=(file,), targets=(target.id,), config=config),
        files=(written,), cases=(found,), problems=(problems,), media=(), media_targets=(),
        facts=facts,
    )  # fmt: skip
    count: dict[str, Any] = judge_inputs(inputs).summary
    return FirstJob(text, count["errors"], count["warnings"], is_example)
