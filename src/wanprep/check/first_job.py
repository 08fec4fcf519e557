"""Write a first job from the media in a folder, within the limits of a target."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from contextlib import suppress
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from wanprep.check.inputs import Inputs, JobsOfFile, read_cases
from wanprep.check.listing import files_in
from wanprep.check.pipeline import judge_inputs
from wanprep.check.request import CheckRequest
from wanprep.dataclass import dataclass
from wanprep.files.atomic import sha256_of
from wanprep.files.outputs import is_own_file
from wanprep.job.model import parse_jobs
from wanprep.job.references.binding import rewrite
from wanprep.job.references.dialects import dialect_of
from wanprep.job.roles import VOICE, common_roles
from wanprep.media import probe_many
from wanprep.media.facts import Facts, extension_format, usual_kind
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.message import asset_problem
from wanprep.text import join_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wanprep.config import Config
    from wanprep.job.roles import Role
    from wanprep.rules.target import Target

_ALONE: Final = {"image": "walks through a garden.", "video": "dances in a garden."}
_PLAIN_PROMPT: Final = "Slowly the camera moves closer."  # for models that know no names
_OPEN: Final = frozenset({"references-missing", "prompt-ref-unused"})  # more files may end these
# Placeholders for a folder without media.
_EXAMPLES: Final = (
    Facts(path="refs/hero.jpg", kind="image", readable=True),
    Facts(path="refs/garden.png", kind="image", readable=True),
    Facts(path="refs/dance.mp4", kind="video", readable=True),
)
_PLACEHOLDERS: Final = frozenset(facts.path for facts in _EXAMPLES)
_UNSEEN: Final = {"asset-unreadable": "", "asset-missing": ""}
_PARAMETERS: Final = (
    {"resolution": "720p", "duration": 5},
    {"resolution": "480p", "duration": 5},
    {"resolution": "720p", "aspect_ratio": "16:9", "duration": 5},  # required by a few
)
_KINDS: Final = ("image", "video", "audio")  # of what a first job uses
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][\w ./,-]*[\w./]|\w", re.ASCII)


@dataclass(frozen=True, slots=True)
class FirstJob:
    """The text of a job, and what a check of it would find."""

    text: str
    errors: int
    warnings: int
    problems: Mapping[str, str]  # of errors and warnings, by rule
    is_example: bool = False  # its media do not exist
    left_out: Mapping[str, str] = field(default_factory=dict)  # media that it does not use, and why
    rejected: int = 0  # of these, how many the target rejects


@dataclass(frozen=True, slots=True)
class _Use:
    """A file in a job: its role, and the voice of a reference."""

    facts: Facts
    role: Role
    voice: Facts | None = None


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes drafts of a job for one target, and checks them."""

    target: Target
    file: str
    schema: str
    config: Config

    def best(self, used: Sequence[_Use]) -> FirstJob:
        """Return the draft with the fewest errors and warnings."""
        kinds = [use.role.key for use in used if use.role.is_reference]
        prompts = dict.fromkeys((_prompt(kinds), _PLAIN_PROMPT))
        drafts = (
            self._check(self._text(prompt, kinds, used, parameters), used)
            for prompt in prompts for parameters in _PARAMETERS
        )  # fmt: skip
        seen: list[FirstJob] = []
        for draft in drafts:
            seen.append(draft)
            if not draft.errors and not draft.warnings:
                break  # none is better
        return min(seen, key=lambda draft: (draft.errors, draft.warnings))

    def _text(
        self, prompt: str, kinds: list[str], used: Sequence[_Use], usual: Mapping[str, object]
    ) -> str:
        styles = self.target.data.get("prompt_styles") or ["Image 1"]
        dialect = dialect_of({**self.target.data, "prompt_styles": styles})
        fields = self.target.data.get("fields", {}).get("parameters", usual)
        parameters = {name: value for name, value in usual.items() if name in fields}
        lines = [
            f"# yaml-language-server: $schema={self.schema}",
            f"target: {self.target.id}",
            "# What happens. Image 1 is the first image below, Video 1 the first clip.",
            f"prompt: {_scalar(rewrite(prompt, kinds, dialect))}",
        ]
        lines += ["references:"] if kinds else []
        for use in used:
            start = "  - " if use.role.is_reference else ""
            lines.append(f"{start}{use.role.key}: {_scalar(self._name(use.facts))}")
            lines += [f"    voice: {_scalar(self._name(use.voice))}"] if use.voice else []
        if parameters:
            inside = ", ".join(f"{name}: {value}" for name, value in parameters.items())
            lines.append(f"parameters: {{{inside}}}")
        return "\n".join(lines) + "\n"

    def _name(self, facts: Facts) -> str:
        return os.path.relpath(facts.path, os.path.dirname(self.file))

    def _check(self, text: str, used: Sequence[_Use]) -> FirstJob:
        written = parse_jobs(text, self.file)
        target = self.target
        jobs = JobsOfFile(written, *read_cases(written, [target], {target.id: target}, [target]))
        folder = os.path.dirname(self.file)
        facts = {
            os.path.join(folder, self._name(each)): each
            for use in used for each in (use.facts, use.voice) if each
        }  # fmt: skip
        inputs = Inputs(
            request=CheckRequest(paths=(self.file,), targets=(target.id,), config=self.config),
            jobs=(jobs,),
            facts=facts,
        )
        report = judge_inputs(inputs)
        count: dict[str, Any] = report.summary
        serious = (each for each in report.findings if each.severity != "note")
        problems_by_rule = {each.rule: each.problem for each in serious if each.rule not in _OPEN}
        return FirstJob(text, count["errors"], count["warnings"], problems_by_rule)


def media_in(folder: str, stdin: BinaryIO) -> list[Facts]:
    """Probe the media in a folder, as a check would, also those that cannot be read."""
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
    """Write a job of all media that the target accepts together, in the order of their names."""
    writer = _Writer(target, file, schema, config)
    media = sorted(media, key=lambda each: each.path)
    left_out = _not_new(media)
    fitting: list[_Use] = []
    rejected = 0
    for facts in media or _EXAMPLES:
        if facts.path in left_out:
            continue
        use, why = _role_of(facts, target)
        if use and not why:
            fitting.append(use)
        else:
            left_out[facts.path] = why
            rejected += use is not None
    shown = [use for use in fitting if use.role.name != VOICE]
    used = _fitting_together(shown, writer, left_out, {} if media else _UNSEEN)
    if media and not used:  # the least bad file shows what has to be fixed
        used = _least_bad(media, target, left_out)
    voices = [use.facts for use in fitting if use.role.name == VOICE]
    used = _with_voices(used, voices, writer, left_out)
    best = writer.best(used)
    return replace(best, is_example=not media, left_out=left_out, rejected=rejected)


def _not_new(media: Sequence[Facts]) -> dict[str, str]:
    """Find results of earlier submissions, and copies of files that come before them."""
    sizes = Counter(facts.bytes for facts in media)
    paths: dict[str, str] = {}  # by their hash
    found: dict[str, str] = {}
    for facts in (each for each in media if each.kind != "audio"):  # references may share a voice
        with suppress(OSError):
            if is_own_file(f"{os.path.splitext(facts.path)[0]}.json"):
                found[facts.path] = "a result of wanprep submit"
            elif sizes[facts.bytes] > 1:
                earlier = paths.setdefault(sha256_of(facts.path), facts.path)
                if earlier != facts.path:
                    found[facts.path] = f"the same content as {earlier}"
    return found


def _role_of(facts: Facts, target: Target) -> tuple[_Use | None, str]:
    """Choose the most usual role that the target has for a file; say why it does not fit."""
    roles = [role for role in common_roles().beside([target.places]).of_kind(facts.kind)
             if role.name in target.roles and target.has_role(role.name)]  # fmt: skip
    if not roles:
        return None, f"{target.provider_title} takes no {facts.kind} files"
    found = judge_asset(facts, target, roles[0].name) if facts.path not in _PLACEHOLDERS else ()
    errors = (each for each in found if each.severity == "error")
    name = os.path.basename(facts.path)
    problem = next((asset_problem(each, name, facts, target) for each in errors), "")
    return _Use(facts, roles[0]), _without_name(problem, facts)


def _fitting_together(
    candidates: Sequence[_Use], writer: _Writer, left_out: dict[str, str], known: Mapping[str, str]
) -> list[_Use]:
    """Take each file that breaks no limit, but for some, beside those before it."""
    used: list[_Use] = []
    full: dict[Role, str] = {}  # of which there are as many as there may be, and why
    for use in candidates:
        draft = None if use.role in full else writer.best([*used, use])
        new = {} if draft is None else {rule: why for rule, why in draft.problems.items()
                                        if rule not in known}  # fmt: skip
        if draft is not None and not new:
            used.append(use)
            known = draft.problems
            continue
        why = full[use.role] if draft is None else next(iter(new.values()))
        left_out[use.facts.path] = _without_name(why, use.facts)
        if any(rule.startswith("too-many-") for rule in new):
            full[use.role] = why
    return used


def _least_bad(media: Sequence[Facts], target: Target, left_out: dict[str, str]) -> list[_Use]:
    uses = [use for facts in media if (use := _role_of(facts, target)[0]) and
            use.role.name != VOICE]  # fmt: skip
    faults = {use.facts.path: [*judge_asset(use.facts, target, use.role.name)] for use in uses}
    chosen = sorted(uses, key=lambda use: len(faults[use.facts.path]))[:1]
    for use in chosen:
        left_out.pop(use.facts.path, None)
    return chosen


def _with_voices(
    used: list[_Use], voices: Sequence[Facts], writer: _Writer, left_out: dict[str, str]
) -> list[_Use]:
    """Give each reference the recording of the same name."""
    for voice in voices:
        stem = _stem(voice)
        at = next((at for at, use in enumerate(used)
                   if use.role.is_reference and _stem(use.facts) == stem), None)  # fmt: skip
        if at is None:
            left_out[voice.path] = "no image or video that is used has the same name"
            continue
        tried = [*used[:at], replace(used[at], voice=voice), *used[at + 1 :]]
        draft, before = writer.best(tried), writer.best(used)
        new = [why for rule, why in draft.problems.items() if rule not in before.problems]
        if new:
            left_out[voice.path] = _without_name(new[0], voice)
        else:
            used = tried
    return used


def _without_name(problem: str, facts: Facts) -> str:
    return problem.removeprefix(f"{os.path.basename(facts.path)}: ")


def _stem(facts: Facts) -> str:
    return os.path.splitext(os.path.basename(facts.path))[0]


def _prompt(kinds: Sequence[str]) -> str:
    """Name each reference: Image 1, Image 2 and Video 1."""
    counts: Counter[str] = Counter()
    names = []
    for kind in kinds:
        counts[kind] += 1
        names.append(f"{kind.capitalize()} {counts[kind]}")
    if len(names) == 1:
        return f"{names[0]} {_ALONE.get(kinds[0], _ALONE['image'])}"
    return f"{join_words(names, 'and')} meet in a garden." if names else _PLAIN_PROMPT


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
