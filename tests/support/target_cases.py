"""What the tests of targets' data share: sound media and jobs, and the limits of Wan 2.7."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.judge.broken import broken_bounds
from wanprep.judge.judge_asset import judge_asset
from wanprep.probe.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.judge.expand import Schema
    from wanprep.judge.target import Target

MB: Final = 10**6
MIB: Final = 2**20

FORMAT: Final = {"format-unsupported": "error"}
INVALID: Final = {"parameter-invalid": "error"}


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to judge, the ledger's lines that it is about, and the rules it must break."""

    ledger: str
    name: str
    given: Any
    rules: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.ledger}: {self.name}"


PICTURE: Final = Facts(
    path="still.png",
    kind="image",
    format="png",
    extension_format="png",
    bytes=MB,
    width=1280,
    height=720,
    stored_width=1280,
    stored_height=720,
    aspect=1280 / 720,
    orientation=1,
    alpha=False,
    animated=False,
    frames=1,
    bit_depth=8,
    color="rgb",
    readable=True,
)
CLIP: Final = Facts(
    path="clip.mp4",
    kind="video",
    format="mp4",
    extension_format="mp4",
    bytes=MB,
    width=1280,
    height=720,
    stored_width=1280,
    stored_height=720,
    aspect=1280 / 720,
    rotation=0,
    alpha=False,
    duration=5,
    video_duration=5,
    audio_duration=5,
    video_codec="h264",
    audio_codec="aac",
    video_tracks=1,
    audio_tracks=1,
    readable=True,
)
SOUND: Final = Facts(
    path="voice.wav",
    kind="audio",
    format="wav",
    extension_format="wav",
    bytes=MB,
    duration=5,
    audio_codec="pcm_s16le",
    audio_tracks=1,
    sample_rate=44100,
    channels=1,
    readable=True,
)


def changed(sound: Facts, **facts: Any) -> Facts:
    """Change some facts, and with both sides the shape, and with a format the name."""
    if "width" in facts:
        facts["aspect"] = facts["width"] / facts["height"]
    if "format" in facts:
        facts.setdefault("extension_format", facts["format"])
    return replace(sound, **facts)


def lasting(seconds: float) -> Facts:
    """Make a clip that lasts so long by every measure."""
    return replace(CLIP, duration=seconds, video_duration=seconds, audio_duration=seconds)


def job(
    images: int = 1,
    videos: int = 0,
    voices: int = 0,
    *,
    first_frame: bool = False,
    **parameters: Any,
) -> dict[str, Any]:
    """Make a resolved job that is sound unless it is asked for something else."""
    kinds = ["image"] * images + ["video"] * videos
    return {
        "prompt": prompt(),
        "references": [{"kind": kind, "voice": at < voices} for at, kind in enumerate(kinds)],
        "images": images,
        "videos": videos,
        "voices": voices,
        "first_frame": first_frame,
        "frames": int(first_frame),
        "parameters": parameters,
    }


def prompt(length: int = 40, *, bound: Sequence[bool] = (), unused: int = 0) -> dict[str, Any]:
    """Make a resolved prompt: its length, whether each token is bound, what it never names."""
    return {
        "text": "?" * length,
        "length": length,
        "tokens": [
            {"kind": "image", "index": at, "bound": is_bound, "style": "Image 1", "span": [0, 7]}
            for at, is_bound in enumerate(bound, 1)
        ],
        "unused": [{"kind": "image", "index": at} for at in range(1, unused + 1)],
    }


def picture_cases(kind: str, formats: str, sides: str, size: str) -> list[Case]:
    """List what holds for every Wan 2.7 picture, under the numbers that a ledger gives it."""
    return [
        Case(f"{kind} {formats} {sides} {size}", "ordinary", PICTURE, {}),
        Case(kind, "a clip", CLIP, {"reference-kind-unsupported": "error", **FORMAT}),
        Case(formats, "JPEG", changed(PICTURE, format="jpeg"), {}),
        Case(formats, "WEBP", changed(PICTURE, format="webp"), {}),
        Case(formats, "BMP", changed(PICTURE, format="bmp", path="https://a.org/b.bmp"), {}),
        Case(formats, "GIF", changed(PICTURE, format="gif"), FORMAT),
        Case(formats, "HEIC", changed(PICTURE, format="heic"), FORMAT),
        Case(formats, "TIFF", changed(PICTURE, format="tiff"), FORMAT),
        Case(formats, "AVIF", changed(PICTURE, format="avif"), FORMAT),
        Case(formats, "APNG", changed(PICTURE, animated=True), {"animated-image": "warning"}),
        *_sides(sides, PICTURE, 8000),
        *_bytes(size, PICTURE, 20),
    ]


def clip_cases(kind: str, formats: str, length: str, sides: str, size: str) -> list[Case]:
    """List what holds for every Wan 2.7 clip."""
    short, long = {"video-too-short": "error"}, {"video-too-long": "error"}
    return [
        Case(f"{kind} {formats} {length} {sides} {size}", "ordinary", CLIP, {}),
        Case(kind, "a picture", PICTURE, {"reference-kind-unsupported": "error", **FORMAT}),
        Case(formats, "MOV", changed(CLIP, format="mov"), {}),
        Case(formats, "MKV", changed(CLIP, format="mkv"), FORMAT),
        Case(formats, "WEBM", changed(CLIP, format="webm"), FORMAT),
        Case(length, "0.99 s", lasting(0.99), short),
        Case(length, "1 s", lasting(1), {}),
        Case(length, "30 s", lasting(30), {}),
        Case(length, "30.01 s", lasting(30.01), long),
        Case(length, "only its sound is too long", changed(CLIP, audio_duration=30.5), long),
        Case(length, "only its picture is too short", changed(CLIP, video_duration=0.5), short),
        *_sides(sides, CLIP, 4096),
        *_bytes(size, CLIP, 100),
    ]


def voice_cases(
    kind: str, formats: str, length: str, size: str, severity: str = "error"
) -> list[Case]:
    """List what holds for every Wan 2.7 voice; some resellers say nothing of it."""
    refused = {"format-unsupported": severity}
    short, long = {"audio-too-short": severity}, {"audio-too-long": severity}
    return [
        Case(f"{kind} {formats} {length} {size}", "ordinary", SOUND, {}),
        Case(kind, "a clip", CLIP, {"reference-kind-unsupported": "error", **refused}),
        Case(formats, "MP3", changed(SOUND, format="mp3", audio_codec="mp3"), {}),
        Case(formats, "MP2", changed(SOUND, format="mp3", audio_codec="mp2"), refused),
        Case(formats, "M4A", changed(SOUND, format="m4a"), refused),
        Case(formats, "FLAC", changed(SOUND, format="flac"), refused),
        Case(length, "0.99 s", changed(SOUND, duration=0.99), short),
        Case(length, "1 s", changed(SOUND, duration=1), {}),
        Case(length, "10 s", changed(SOUND, duration=10), {}),
        Case(length, "10.01 s", changed(SOUND, duration=10.01), long),
        *_bytes(size, SOUND, 15, severity),
    ]


def only_upstream(cases: Sequence[Case], *documented: str) -> list[Case]:
    """Turn errors into warnings, where the provider itself documents only some of the limits."""
    return [
        replace(
            case,
            rules={
                rule: severity if rule in documented else "warning"
                for rule, severity in case.rules.items()
            },
        )
        for case in cases
    ]


def shape_cases(ledger: str, sound: Facts, severity: str = "error") -> list[Case]:
    """List what holds for the shape of every Wan 2.7 picture and clip."""
    refused = {"aspect-out-of-range": severity}
    return [
        Case(ledger, "8:1", changed(sound, width=2400, height=300), {}),
        Case(ledger, "over 8:1", changed(sound, width=2401, height=300), refused),
        Case(ledger, "1:8", changed(sound, width=300, height=2400), {}),
        Case(ledger, "under 1:8", changed(sound, width=300, height=2401), refused),
    ]


def duration_cases(ledger: str, with_clip: str) -> list[Case]:
    """List what holds for the length of every Wan 2.7 result."""
    return [
        Case(ledger, "1 s", job(duration=1), INVALID),
        Case(ledger, "2 s", job(duration=2), {}),
        Case(ledger, "15 s", job(duration=15), {}),
        Case(ledger, "16 s", job(duration=16), INVALID),
        Case(ledger, "text", job(duration="5"), INVALID),
        Case(ledger, "a fraction", job(duration=5.5), INVALID),
        Case(ledger, "true", job(duration=True), INVALID),
        Case(with_clip, "1 s with a clip", job(0, 1, duration=1), INVALID),
        Case(with_clip, "2 s with a clip", job(0, 1, duration=2), {}),
        Case(with_clip, "10 s with a clip", job(1, 1, duration=10), {}),
        Case(with_clip, "11 s with a clip", job(1, 1, duration=11), INVALID),
        Case(with_clip, "15 s with a clip", job(0, 1, duration=15), INVALID),
        Case(with_clip, "text with a clip", job(0, 1, duration="5"), INVALID),
    ]


def ratio_cases(ledger: str, ignored: str) -> list[Case]:
    """List what holds for the shape of every Wan 2.7 result."""
    beside_frame = job(first_frame=True, aspect_ratio="9:16")
    return [
        *(
            Case(ledger, shape, job(aspect_ratio=shape), {})
            for shape in ("16:9", "9:16", "1:1", "4:3", "3:4")
        ),
        Case(ledger, "21:9", job(aspect_ratio="21:9"), INVALID),
        Case(ledger, "16x9", job(aspect_ratio="16x9"), INVALID),
        Case(ignored, "beside a first frame", beside_frame, {"parameter-ignored": "warning"}),
        Case(ignored, "a first frame alone", job(first_frame=True), {}),
    ]


def switch_cases(ledger: str, name: str) -> list[Case]:
    """List what holds for every parameter that is on or off."""
    return [
        Case(ledger, f"{name} on", job() | {"parameters": {name: True}}, {}),
        Case(ledger, f"{name} off", job() | {"parameters": {name: False}}, {}),
        Case(ledger, f"{name} as text", job() | {"parameters": {name: "true"}}, INVALID),
        Case(ledger, f"{name} as a number", job() | {"parameters": {name: 1}}, INVALID),
    ]


def _sides(ledger: str, sound: Facts, most: int) -> list[Case]:
    small, large = {f"{sound.kind}-too-small": "error"}, {f"{sound.kind}-too-large": "error"}
    half = most // 2
    return [
        Case(ledger, "239 wide", changed(sound, width=239, height=300), small),
        Case(ledger, "239 high", changed(sound, width=300, height=239), small),
        Case(ledger, "240 x 240", changed(sound, width=240, height=240), {}),
        Case(ledger, f"{most} x {most}", changed(sound, width=most, height=most), {}),
        Case(ledger, f"{most + 1} wide", changed(sound, width=most + 1, height=half), large),
        Case(ledger, f"{most + 1} high", changed(sound, width=half, height=most + 1), large),
    ]


def _bytes(ledger: str, sound: Facts, most: int, severity: str = "error") -> list[Case]:
    near, over = {"file-near-limit": "warning"}, {"file-too-large": severity}
    return [
        Case(ledger, f"{most} MB", changed(sound, bytes=most * MB), {}),
        Case(ledger, f"{most} MB and a byte", changed(sound, bytes=most * MB + 1), near),
        Case(ledger, f"{most} MiB", changed(sound, bytes=most * MIB), near),
        Case(ledger, f"{most} MiB and a byte", changed(sound, bytes=most * MIB + 1), over),
    ]


def without_prompt() -> dict[str, Any]:
    return {name: value for name, value in job().items() if name != "prompt"}


def asset_rules(facts: Facts, target: Target, role: str) -> dict[str, str]:
    return {broken.rule: broken.severity for broken in judge_asset(facts, target, role)}


def rules_of(value: Mapping[str, Any], schema: Schema) -> dict[str, str]:
    """Judge a job or a body; what is wrong at a place is said once."""
    found = list(broken_bounds(value, schema))
    assert len({(each.rule, each.path) for each in found}) == len(found)
    return {each.rule: each.severity for each in found}


def bounds_of(target: Target) -> Iterator[Mapping[str, Any]]:
    """Walk through everything in a target that names a rule."""
    yield from _annotated([*target.roles.values(), target.job, target.body])
    notes = ("style", "doubtful_styles", "unknown_key", "urls")
    yield from _annotated([target.data.get(name) for name in notes])


def ledger_of(target: Target) -> set[str]:
    """Tell the ledger's lines that have a bound."""
    return {number for told in bounds_of(target) for number in told["x-ledger"]}


def style_rules(target: Target, style: str) -> dict[str, str]:
    """Judge a way of writing references as the target's data would have it."""
    if style in target.data["prompt_styles"]:
        return {}
    told = target.data["doubtful_styles"].get(style, target.data["style"])
    return {told["x-rule"]: told["x-severity"]}


def _annotated(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if "x-rule" in node:
            yield node
        for inner in node.values():
            yield from _annotated(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _annotated(inner)
