"""The catalogue of rules: complete, and each message a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

import pytest
from valid_jobs import KINDS

from wanprep.cli.commands import COMMANDS
from wanprep.cli.fix import fix
from wanprep.rules.bounds import JobViolation, Violation
from wanprep.rules.finding import rules
from wanprep.rules.load_target import load_target
from wanprep.rules.message import asset_problem, job_message
from wanprep.rules.target import BUILT_IN
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGINS: Final = Path(__file__).parents[2] / "plugins"
TARGETS: Final = [load_target(BUILT_IN / "wan-2.7.json")] + [
    load_target(file)
    for file in sorted(PLUGINS.glob("wanprep_*/targets/*.json"))
    if not file.name.endswith(".schema.json")
]

ASSET_RULES: Final = """
    asset-missing asset-empty asset-lfs-pointer asset-unreadable asset-not-decoded
    format-unsupported format-mismatch
    reference-kind-unsupported image-too-small image-too-large video-too-small video-too-large
    aspect-out-of-range file-too-large file-near-limit video-too-short video-too-long
    fps-out-of-range
    audio-too-short audio-too-long duration-ambiguous alpha-unsupported animated-image codec-risky
    color-risky non-square-pixels location-metadata
""".split()
# A target that lacks the role says so of a bare file as well as of a job.
BOTH_RULES: Final = ["role-unsupported", "voice-unsupported", "first-frame-unsupported"]
JOB_RULES: Final = """
    asset-url-unreachable asset-url-unsafe content-type-mismatch
    url-expires-soon job-invalid target-unknown
    ignore-invalid prompt-missing prompt-too-long negative-prompt-too-long prompt-ref-unbound
    prompt-ref-unused
    prompt-ref-style references-missing too-many-references too-many-images too-many-videos
    target-ended too-many-audios total-too-long total-too-large roles-exclusive role-missing
    duplicate-reference
    parameter-unknown parameter-invalid parameter-ignored callback-url-unsafe
""".split()


def test_every_promised_rule_is_there_once() -> None:
    promised = [*ASSET_RULES, *BOTH_RULES, *JOB_RULES]

    assert sorted(rules()) == sorted(promised)


def test_every_rule_says_what_why_and_how_to_fix() -> None:
    for name, rule in rules().items():
        assert not rule.title.endswith("."), name
        assert rule.title[0].isupper(), name
        for text in filter(None, (rule.why, rule.by_hand, rule.fix)):
            assert text.endswith("."), name
        assert rule.message.endswith((".", "{detail}")), name


@pytest.mark.parametrize("name", sorted(rules()))
def test_every_text_of_a_rule_can_be_rendered(name: str) -> None:
    rule = rules()[name]
    fields = {field for _, field, *_ in Formatter().parse(rule.message) if field is not None}

    # Each message is rendered with real values below; no other text has a field.
    assert fields <= (OF_JOBS if name in JOB_RULES else OF_FILES)
    assert name not in BOTH_RULES or fields <= OF_JOBS
    for text in (rule.title, rule.why, rule.by_hand, rule.fix):
        assert not {"{", "}"} & set(text)
        for command in re.findall(r"`wanprep ([a-z]+)[^`]*`", text):
            assert command in COMMANDS
        for option in re.findall(r"--[a-z-]+", text):
            assert option in OPTIONS


# The fields that `asset_problem` and `job_problem` fill in.
OF_JOBS: Final = {"name", "provider", "found", "allowed", "says", "detail"}
OF_FILES: Final = {
    "unusable",
    "name", "provider", "allowed", "allowed_kind", "length", "width", "height", "problem", "format",
    "extension_format", "kind", "bytes", "aspect", "sar", "color", "video_codec", "depth", "hdr",
    "fps", "per_side",
}  # fmt: skip
OPTIONS: Final = {option for each in fix.params for option in each.opts}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
def test_every_rule_of_a_target_is_in_the_catalogue(target: Any) -> None:
    assert set(_named(target.data)) <= rules().keys()


@pytest.mark.parametrize("name", ["asset", "wan27-job", "wan27-media"])
def test_every_rule_of_a_shared_schema_is_in_the_catalogue(name: str) -> None:
    assert set(_named(load_schema(name))) <= rules().keys()


@pytest.mark.parametrize("facts", KINDS.values(), ids=KINDS)
def test_messages_about_files_are_sentences(facts: Any) -> None:
    for name in (*ASSET_RULES, *BOTH_RULES):
        message = asset_problem(_broken(name, 12), facts.path, facts, TARGETS[0])

        assert message.endswith("."), name
        assert "{" not in message, name


@pytest.mark.parametrize("found", [12, "5", True, 0.5, None, [1, 2], {"a": 1}], ids=repr)
def test_messages_about_jobs_are_sentences(found: object) -> None:
    for name in (*BOTH_RULES, *JOB_RULES):
        broken = JobViolation(_broken(name, found), "/here", "duration", detail="It says so.")
        message = job_message(broken, TARGETS[0])

        assert message.endswith("."), name
        assert "{" not in message, name
        assert "  " not in message, name


@pytest.mark.parametrize(
    ("name", "found", "about", "detail", "starts"),
    [
        pytest.param("prompt-missing", None, "prompt", "",
                     "The job has no prompt; Wan 2.7 requires one.", id="no prompt"),
        pytest.param("prompt-too-long", 5001, "prompt", "What is cut off names Image 4.",
                     "The prompt has 5001 characters; Wan 2.7: at most 12. "
                     "What is cut off names Image 4.", id="long prompt"),
        pytest.param("prompt-ref-unbound", False, "Image 3", "",
                     "Image 3 is not among the references of the job.", id="unbound"),
        pytest.param("too-many-images", 6, "images", "",
                     "Too many images (6); Wan 2.7: at most 12.", id="images"),
        pytest.param("parameter-invalid", "5", "duration", "",
                     '`duration` is "5"; Wan 2.7: at most 12.', id="value"),
        pytest.param("parameter-unknown", "ratio", "ratio", "Did you mean `aspect_ratio`?",
                     "Wan 2.7 has no field for `ratio`: at most 12. Did you mean `aspect_ratio`?",
                     id="name"),
        pytest.param("asset-url-unsafe", "http://a.org/1.png", "http://a.org/1.png", "not https",
                     "http://a.org/1.png: not https.", id="URL"),
    ],
)  # fmt: skip
def test_messages_about_jobs_read_well(
    name: str, found: object, about: str, detail: str, starts: str
) -> None:
    broken = JobViolation(_broken(name, found), "/here", about, detail=detail)

    assert job_message(broken, TARGETS[0]).startswith(starts)


def _broken(rule: str, found: object) -> Violation:
    source = {"doc": "https://a.org", "says": "at most 12", "checked": "2026-11-20"}
    return Violation(
        rule=rule,
        severity="error",
        path=("duration",),
        keyword="maximum",
        found=found,
        limit=12,
        source=source | {"confidence": "documented"},
        schema={"maximum": 12},
    )


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        found = node.get("x-rule", {})
        yield from [found] if isinstance(found, str) else found.values()
        for inner in node.values():
            yield from _named(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _named(inner)
