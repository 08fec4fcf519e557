"""The limits that providers state (`tests/rules/limits.jsonl`), and values on both sides of each.

The list is written from the providers' documentation and not from the target files that it tests.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from valid_jobs import BY_ROLE, KINDS, Draft

from wanprep.media.facts import Facts
from wanprep.rules.bounds import violations
from wanprep.rules.judge_asset import judge_asset
from wanprep.rules.target import Target, all_targets

FILE: Final = Path(__file__).parents[1] / "rules/limits.jsonl"
TARGETS: Final = all_targets()
Findings = dict[str, str]  # severities by rule

FORMATS: Final = """
    aac avi avif bmp flac gif heic jpeg m4a mkv mov mp3 mp4 ogg png tiff unknown wav webm webp
""".split()
# What a value may be besides the members of an `enum`, by the last name of its path.
OTHERS: Final[dict[str, tuple[Any, ...]]] = {
    "kind": ("audio", "image", "other", "video"),
    "format": tuple(FORMATS),
    "resolution": ("480p", "720p", "1080p", "480P", "720P", "1080P", "1080", 720, True),
    "quality": ("480p", "720p", "1080p", "720P", "1080P", "1080", 720, True),
    "aspect_ratio": ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "16x9", 1),
    "template": ("melt", "Squish"),
}
# What a job must have in addition, or instead, so that no limit of a target is violated.
BASES: Final[dict[str, dict[str, Any]]] = {
    "dashscope/wan2.7-i2v": {"images": 0, "frame": True},
    "evolink/seedance-2.0-reference-to-video": {"form": "@{}{}"},
    "fal/kling-o1-reference-to-video": {"form": "@{}{}"},
    "fal/seedance-2.0-reference-to-video": {"form": "@{}{}"},
    "fal/wan2.7-image-to-video": {"images": 0, "frame": True},
    "kling/kling-v3-omni": {
        "form": "<<<{}_{}>>>",
        "parameters": {"aspect_ratio": "16:9", "multi_shots": True},
    },
}
OF_TYPE: Final[dict[str, tuple[Any, ...]]] = {
    "integer": (2,),
    "boolean": (True, False),
    "string": ("a",),
    "array": ([],),
    "object": ({},),
}
OF_OTHER_TYPES: Final[dict[str, tuple[Any, ...]]] = {
    "integer": ("5", 5.5, True),
    "boolean": ("true", 1),
    "string": (5, ["a"], {"url": "a"}),
    "array": ("a", {"url": "a"}),
    "object": ("a", ["a"]),
}
STEPS: Final = {"aspect": 1e-4, "sar": 1e-4}
SECONDS: Final = {"duration", "video_duration", "audio_duration"}
BODIES: Final[dict[str, dict[str, Any]]] = {
    "dashscope/wan2.7-r2v": {
        "model": "wan2.7-r2v",
        "input": {
            "prompt": "Image 1 meets Video 1.",
            "media": [
                {"type": "reference_image", "url": "https://a.org/1.png"},
                {"type": "reference_video", "url": "https://a.org/1.mp4"},
            ],
        },
        "parameters": {"resolution": "720P", "ratio": "16:9"},
    },
    "byteplus/seedance-2.0": {
        "model": "dreamina-seedance-2-0-260128",
        "content": [{"type": "text", "text": "She waves."}],
    },
    "byteplus/seedance-2.5": {
        "model": "dreamina-seedance-2-5-260628",
        "content": [{"type": "text", "text": "She waves."}],
    },
    "comfy/wan2.7-r2v": {
        "input": {
            "prompt": "Image 1 waves.",
            "media": [{"type": "reference_image", "url": "https://a.org/1.png"}],
        }
    },
    "dashscope/wan2.7-i2v": {
        "model": "wan2.7-i2v",
        "input": {"media": [{"type": "first_frame", "url": "https://a.org/1.png"}]},
    },
    "dashscope/wan3.0-video": {
        "model": "wan3.0-video",
        "input": {"prompt": "Image 1 waves.", "media": []},
    },
    "evolink/seedance-2.0-reference-to-video": {
        "model": "seedance-2.0-reference-to-video",
        "prompt": "@Image1 waves.",
        "image_urls": ["https://a.org/1.png"],
    },
    "evolink/wan2.7-reference-video": {
        "model": "wan2.7-reference-video",
        "prompt": "Image 1 meets Video 1.",
        "image_urls": ["https://a.org/1.png", "https://a.org/2.png"],
        "video_urls": ["https://a.org/1.mp4"],
    },
    "fal/kling-o1-reference-to-video": {
        "prompt": "@Image1 waves.",
        "image_urls": ["https://a.org/1.png"],
    },
    "fal/seedance-2.0-reference-to-video": {
        "prompt": "@Image1 waves.",
        "image_urls": ["https://a.org/1.png"],
    },
    "fal/wan2.7-image-to-video": {"image_url": "https://a.org/1.png"},
    "fal/wan2.7-reference-to-video": {
        "prompt": "Image 1 waves.",
        "reference_image_urls": ["https://a.org/1.png"],
    },
    "kling/kling-v3-omni": {
        "model_name": "kling-v3-omni",
        "prompt": "<<<image_1>>> waves.",
        "image_list": [{"image_url": "https://a.org/1.png"}],
        "aspect_ratio": "16:9",
    },
    "oxen/wan-v2-7-reference-to-video": {
        "model": "wan-v2-7-reference-to-video",
        "prompt": "Image 1 meets Video 1.",
        "reference_images": [{"url": "https://a.org/1.png"}],
        "reference_videos": [
            {"url": "https://a.org/1.mp4", "reference_voice": "https://a.org/1.wav"}
        ],
    },
    "replicate/wan-2.7-r2v": {
        "input": {"prompt": "Image 1 waves.", "reference_images": ["https://a.org/1.png"]}
    },
    "runcomfy/wan-2-7-reference-to-video": {
        "prompt": "Image 1 meets Video 1.",
        "reference_image_urls": ["https://a.org/1.png"],
        "reference_video_urls": ["https://a.org/1.mp4"],
        "resolution": "720p",
    },
    "runcomfy/wan-2-2-image-to-video": {
        "prompt": "She turns round.",
        "img_url": "https://a.org/1.png",
        "resolution": "480P",
        "duration": 5,
    },
    "wavespeed/wan-2.7-reference-to-video": {
        "prompt": "Video 1 meets Video 2.",
        "videos": ["https://a.org/1.mp4", "https://a.org/2.mp4"],
        "image": "https://a.org/1.png",
        "seed": -1,
    },
}
REMOVED: Final = object()


@dataclass(frozen=True, slots=True)
class Limit:
    """One row: what a target allows at one place, and the situation in which the limit applies."""

    target: str
    places: tuple[str, ...]  # roles, "job" or "body"
    path: tuple[str, ...]
    keyword: str
    value: Any
    rule: str
    severity: str
    says: str
    source: str
    given: dict[str, Any] = field(default_factory=dict)  # facts, a job's counts, or a body's fields
    inside: Findings = field(default_factory=dict)  # of other limits, on either side of this one
    outside: Findings = field(default_factory=dict)
    passes: tuple[Any, ...] | None = None  # where the keyword does not say which values to try
    fails: tuple[Any, ...] | None = None

    def __str__(self) -> str:
        return f"{self.target} {'.'.join(self.path)} {self.keyword} {self.value}"

    @property
    def expected(self) -> Findings:
        return {self.rule: self.severity} | self.outside

    def values(self, place: str) -> list[tuple[Any, Findings]]:
        """List values at the edge of the limit with the findings that each must have."""
        passes, fails = _edges(self, place)
        passes = passes if self.passes is None else self.passes
        fails = fails if self.fails is None else self.fails
        return [(each, self.inside) for each in passes] + [(each, self.expected) for each in fails]


def load_limits() -> list[Limit]:
    return [_limit(json.loads(line)) for line in FILE.read_text("utf-8").splitlines()]


def _limit(row: dict[str, Any]) -> Limit:
    row["path"] = tuple(row["path"].split(".")) if row["path"] else ()
    for name in {"places", "passes", "fails"} & row.keys():
        row[name] = tuple(row[name])
    return Limit(**row)


def _edges(limit: Limit, place: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    value, name = limit.value, limit.path[-1] if limit.path else ""
    others = tuple(each for each in (*OTHERS.get(name, ()), "other") if each != value)
    if limit.keyword in {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}:
        step = STEPS.get(name, 0.01 if name in SECONDS and place in BY_ROLE else 1)
        step = step if "inimum" in limit.keyword else -step
        if limit.keyword.startswith("exclusive"):
            return (round(value + step, 6),), (value,)
        return (value,), (round(value - step, 6),)
    match limit.keyword:
        case "minItems":
            return (value,), (value - 1,)
        case "maxItems":
            return (value,), (value + 1,)
        case "enum":
            return tuple(value), tuple(each for each in others if each not in value)
        case "const" if isinstance(value, bool):
            return (value,), (not value,)
        case "const" if isinstance(value, int):
            return (value,), (value - 1, value + 1)
        case "const":
            return (value,), others
        case "type":
            return OF_TYPE[value], OF_OTHER_TYPES[value]
        case "required":
            return (), (REMOVED,)
        case "additionalProperties":
            return (), ({"other": "https://a.org/1"},)
        case _:
            return (REMOVED,) if limit.path else (), ("https://a.org/1",)


def findings(limit: Limit, place: str, value: Any) -> Findings:
    """Judge a file, a job or a body in which nothing but one value may be wrong."""
    target = TARGETS[limit.target]
    if place == "body":
        return body_findings(target, body(limit, value))
    if place == "job":
        return job_findings(target, limit, value)
    return asset_findings(target, place, facts(limit, place, value))


def facts(limit: Limit, place: str, value: Any) -> Facts:
    base = KINDS.get(value, BY_ROLE[place]) if limit.path == ("kind",) else BY_ROLE[place]
    changes = limit.given | ({limit.path[0]: value} if limit.path else {})
    if "pixels" in changes:
        width, height = map(int, changes.pop("pixels").split("x"))
        changes |= {"width": width, "height": height, "aspect": width / height}
    if "format" in changes:  # the name of the file fits
        changes["extension_format"] = changes["format"]
    if changes.get("format") == "mp3" and BY_ROLE[place].kind == "audio":
        changes = {"audio_codec": "mp3"} | changes
    return Facts.from_json(base.as_json() | changes)


def asset_findings(target: Target, role: str, facts: Facts) -> Findings:
    return {each.rule: each.severity for each in judge_asset(facts, target, role)}


def job_findings(target: Target, limit: Limit, value: Any) -> Findings:
    # Long enough to name all references.
    draft = Draft(**{"length": 200} | BASES.get(target.id, {}) | limit.given)
    match limit.path:
        case ("parameters", name):
            draft = draft if value is REMOVED else draft.with_parameter(name, value)
        case ("callback", "length"):
            draft = draft.with_count("callback", value)
        case ("callback", _):
            draft = draft.with_parameter("callback_url", value)
        case ("prompt", "length"):
            draft = draft.with_count("length", value)
        case ("negative_prompt", "length"):
            draft = draft.with_count("negative", value)
        case ("first_frame",):
            draft = draft.with_count("frame", value)
        case ("references",):
            draft = draft.with_count("images", value - draft.videos)
        case ("images" | "videos" | "audios" | "voices" as name,):
            draft = draft.with_count(name, value)
        case _:
            resolved = deepcopy(draft.resolved)
            change(resolved, limit, value)
            return {each.rule: each.severity for each in violations(resolved, target.job)}
    return {each.violation.rule: each.violation.severity for each in draft.judge(target)}


def body(limit: Limit, value: Any) -> dict[str, Any]:
    base = deepcopy(BODIES[limit.target] | limit.given)
    result = {name: each for name, each in base.items() if each is not None}
    change(result, limit, value)
    return result


def change(document: dict[str, Any], limit: Limit, value: Any) -> None:
    """Put a value at the limit's path, or take away what it requires."""
    node: Any = document
    if not limit.path and limit.keyword != "required":
        return  # the whole job is what is wrong
    path = [name if not name.startswith("^") else "image1" for name in limit.path]
    if limit.keyword == "required":
        path.append(limit.value[0])
    if limit.keyword == "additionalProperties":
        name, value = next(iter(value.items()))
        path.append(name)
    if limit.keyword == "maxItems":
        value = [{"kind": "image", "index": 1}] * value if path[0] == "prompt" else ["a"] * value
    for name, following in zip(path, [*path[1:], None], strict=True):
        key: Any = 0 if name == "*" else name
        if following is None:
            if value is not REMOVED:
                _put(node, key, value)
            elif key in node:
                del node[key]
        else:
            if isinstance(node, list) and not node:
                node.append({})
            elif isinstance(node, dict) and key not in node:
                node[key] = [] if following == "*" else {}
            node = node[key]


def _put(node: Any, key: Any, value: Any) -> None:
    if isinstance(node, list) and not node:
        node.append(value)
    else:
        node[key] = value


def body_findings(target: Target, value: dict[str, Any]) -> Findings:
    """Judge a native body; one rule is reported once at one place."""
    found = list(violations(value, target.body))
    assert len({(each.rule, each.path) for each in found}) == len(found)
    return {each.rule: each.severity for each in found}
