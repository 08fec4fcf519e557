"""Small targets with any limits, facts of media files, and plans that are checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from valid_jobs import IMAGE, VIDEO

from wanprep.fix.plan.plan import AssetPlan, NoChange, Options, Plan, TargetRole
from wanprep.fix.plan_file import plan_asset
from wanprep.media.facts import Facts, extension_format
from wanprep.rules.judge_asset import invalid_fact, judge_asset
from wanprep.rules.target import Target, all_targets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

TARGETS: Final = all_targets()
EVOLINK: Final = "evolink/wan2.7-reference-video"
WAVESPEED: Final = "wavespeed/wan-2.7-reference-to-video"
WAN22: Final = "runcomfy/wan-2-2-image-to-video"
AUDIO: Final = Facts(
    path="voice.wav",
    kind="audio",
    format="wav",
    extension_format="wav",
    bytes=480_044,
    bit_depth=16,
    duration=5.0,
    audio_duration=5.0,
    audio_codec="pcm_s16le",
    audio_tracks=1,
    sample_rate=48_000,
    channels=1,
    readable=True,
)
_SOURCE: Final = {"doc": "https://example.com", "says": "so", "checked": "2026-11-20"}


def bound(
    rule: str | Mapping[str, str], severity: str = "error", **keywords: Any
) -> dict[str, Any]:
    """Return one limit as targets have it."""
    source = _SOURCE | {"confidence": "documented"}
    return {**keywords, "x-rule": rule, "x-severity": severity, "x-source": source}


def target(role: str, schema: Mapping[str, Any], name: str = "Test") -> Target:
    """Return a target with one role."""
    return Target(
        id=f"{name.lower()}/one",
        title=f"{name}: one",
        summary="",
        docs=(),
        roles={role: dict(schema)},
        job={},
        body={},
        request=None,
        unchecked=(),
        data={},
        file=Path("one.json"),
    )


def image(width: int = 1280, height: int = 720, name: str = "still.png", **more: Any) -> Facts:
    """Describe an image; its format is that of its name unless given."""
    return _sized(IMAGE, width, height, name, more)


def video(width: int = 1280, height: int = 720, name: str = "clip.mp4", **more: Any) -> Facts:
    """Describe a video of 25 frames per second."""
    if "duration" in more:
        more = {"video_duration": more["duration"], "audio_duration": more["duration"]} | more
    plain = replace(VIDEO, sar=1.0, fps=25.0, frames=125, hdr=False, bit_depth=8, color="yuv")
    return _sized(plain, width, height, name, more)


def _sized(facts: Facts, width: int, height: int, name: str, more: Mapping[str, Any]) -> Facts:
    return replace(
        named(facts, name, more),
        width=width,
        height=height,
        stored_width=width,
        stored_height=height,
        aspect=round(width * more.get("sar", 1) / height, 6),
    )


def audio(name: str = "voice.wav", **more: Any) -> Facts:
    """Describe an audio file."""
    if "duration" in more:
        more = {"audio_duration": more["duration"]} | more
    return named(AUDIO, name, more)


def named(facts: Facts, name: str, more: Mapping[str, Any]) -> Facts:
    """Give facts a name, and the format that its suffix stands for."""
    claimed = extension_format(name)
    changes = {"path": name, "format": claimed, "extension_format": claimed, **more}
    return replace(facts, **changes)


def plan(
    facts: Facts,
    role: str,
    *targets: str | Target,
    options: Options = Options(),  # noqa: B008 - it is frozen
    ignored: Collection[str] = (),
) -> AssetPlan:
    """Plan, and check what is true of every plan."""
    assert invalid_fact(facts.as_json()) is None
    roles = [
        TargetRole(TARGETS[each] if isinstance(each, str) else each, role)
        for each in targets or (EVOLINK,)
    ]
    planned = plan_asset(facts, roles, options, ignored=ignored)
    if isinstance(planned, Plan):
        _check(planned, roles, options, ignored)
    return planned


def rules_of(
    facts: Facts, roles: Sequence[TargetRole], ignored: Collection[str] = ()
) -> dict[str, str]:
    """Judge, and return each rule with its worst severity."""
    found: dict[str, str] = {}
    for need in roles:
        for broken in judge_asset(facts, need.target, need.role):
            if broken.rule not in ignored and found.get(broken.rule) != "error":
                found[broken.rule] = broken.severity
    return found


def _check(
    planned: Plan, roles: Sequence[TargetRole], options: Options, ignored: Collection[str]
) -> None:
    predicted = planned.predicted
    assert invalid_fact(predicted.as_json()) is None
    after = rules_of(predicted, roles, ignored)
    assert "error" not in after.values()
    assert not set(planned.clears) & set(after)
    assert set(planned.remaining) == set(after)
    assert set(after) <= set(rules_of(planned.facts, roles, ignored))
    assert planned.steps
    second = plan_asset(predicted, roles, options, ignored=ignored)
    assert isinstance(second, NoChange)
    assert set(second.remaining) == set(planned.remaining)
