"""What the tests of repairs share: small targets of any limits, and plans that were checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from valid_jobs import IMAGE, VIDEO

from wanprep.fix.plan.plan import Need, NotFixable, Options, Plan, Untouched
from wanprep.fix.plan.plan_asset import plan_asset
from wanprep.media.facts import Facts
from wanprep.rules.judge_asset import invalid_fact, judge_asset
from wanprep.rules.target import Target, all_targets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

TARGETS: Final = all_targets()
EVOLINK: Final = "evolink/wan2.7-reference-video"
WAVESPEED: Final = "wavespeed/wan-2.7-reference-to-video"
WAN22: Final = "runcomfy/wan-2-2-image-to-video"
VOICE: Final = Facts(
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
    """Write one limit as targets do."""
    source = _SOURCE | {"confidence": "documented"}
    return {**keywords, "x-rule": rule, "x-severity": severity, "x-source": source}


def target(role: str, schema: Mapping[str, Any], name: str = "Test") -> Target:
    """Make a target that takes one role."""
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
    """Describe an image; its format is that of its name unless it is told."""
    return _sized(IMAGE, width, height, name, more)


def clip(width: int = 1280, height: int = 720, name: str = "clip.mp4", **more: Any) -> Facts:
    """Describe a clip of 25 frames a second."""
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


def voice(name: str = "voice.wav", **more: Any) -> Facts:
    """Describe a sound."""
    if "duration" in more:
        more = {"audio_duration": more["duration"]} | more
    return named(VOICE, name, more)


_FORMATS: Final = {"jpg": "jpeg", "JPG": "jpeg", "jfif": "jpeg", "tif": "tiff"}


def named(facts: Facts, name: str, more: Mapping[str, Any]) -> Facts:
    """Give facts a name, and the format that it claims."""
    claimed = name.rpartition(".")[2]
    claimed = _FORMATS.get(claimed, claimed)
    told = {"path": name, "format": claimed, "extension_format": claimed, **more}
    return replace(facts, **told)


def plan(
    facts: Facts,
    role: str,
    *targets: str | Target,
    options: Options = Options(),  # noqa: B008 - it is frozen
    ignored: Collection[str] = (),
) -> Plan | Untouched | NotFixable:
    """Plan, and hold what is promised of every plan."""
    assert invalid_fact(facts.as_json()) is None
    needs = [
        Need(TARGETS[each] if isinstance(each, str) else each, role)
        for each in targets or (EVOLINK,)
    ]
    planned = plan_asset(facts, needs, options, ignored=ignored)
    if isinstance(planned, Plan):
        _hold(planned, needs, options, ignored)
    return planned


def rules_of(facts: Facts, needs: Sequence[Need], ignored: Collection[str] = ()) -> dict[str, str]:
    """Judge, and return each rule with its worst severity."""
    found: dict[str, str] = {}
    for need in needs:
        for broken in judge_asset(facts, need.target, need.role):
            if broken.rule not in ignored and found.get(broken.rule) != "error":
                found[broken.rule] = broken.severity
    return found


def _hold(planned: Plan, needs: Sequence[Need], options: Options, ignored: Collection[str]) -> None:
    predicted = planned.predicted
    assert invalid_fact(predicted.as_json()) is None
    after = rules_of(predicted, needs, ignored)
    assert "error" not in after.values()
    assert not set(planned.clears) & set(after)
    assert set(planned.left) == set(after)
    assert set(after) <= set(rules_of(planned.facts, needs, ignored))
    assert planned.steps
    again = plan_asset(predicted, needs, options, ignored=ignored)
    assert isinstance(again, Untouched)
    assert set(again.left) == set(planned.left)
