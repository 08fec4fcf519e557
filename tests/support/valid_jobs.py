"""Facts and jobs that break no limit, to change one thing in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wanprep.job.model import Asset
from wanprep.media.facts import Facts
from wanprep.rules.bounds import JobViolation
from wanprep.rules.intent import IntendedReference, Intent, Text, resolve
from wanprep.rules.judge_job import judge_job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.rules.target import Target

IMAGE: Final = Facts(
    path="hero.jpg", kind="image", format="jpeg", extension_format="jpeg", bytes=500_000,
    width=1280, height=720, stored_width=1280, stored_height=720, aspect=1280 / 720,
    orientation=1, alpha=False, animated=False, frames=1, bit_depth=8, color="rgb", sar=1.0,
    readable=True,
)  # fmt: skip
VIDEO: Final = Facts(
    path="dance.mp4", kind="video", format="mp4", extension_format="mp4", bytes=500_000,
    width=1280, height=720, stored_width=1280, stored_height=720, aspect=1280 / 720, sar=1.0,
    rotation=0, alpha=False, duration=5.0, video_duration=5.0, audio_duration=5.0, fps=25.0,
    video_codec="h264", audio_codec="aac", video_tracks=1, audio_tracks=1, bit_depth=8,
    readable=True,
)  # fmt: skip
VOICE: Final = Facts(
    path="hero.wav", kind="audio", format="wav", extension_format="wav", bytes=500_000,
    duration=5.0, audio_duration=5.0, audio_codec="pcm_s16le", audio_tracks=1, sample_rate=44100,
    channels=1, readable=True,
)  # fmt: skip
BY_ROLE: Final = {
    "reference_image": IMAGE,
    "first_frame": IMAGE,
    "last_frame": IMAGE,
    "element": IMAGE,
    "reference_video": VIDEO,
    "base_video": VIDEO,
    "first_clip": VIDEO,
    "reference_audio": VOICE,
    "driving_audio": VOICE,
    "voice": VOICE,
}
FRAME: Final = Asset("first_frame", "start.png", "/first_frame", "file", "start.png")
KINDS: Final = {"image": IMAGE, "video": VIDEO, "audio": VOICE}


@dataclass(frozen=True, slots=True)
class Draft:
    """A job by its numbers; `resolved` and `meant` are the same job for the judge."""

    images: int = 1
    videos: int = 0
    audios: int = 0
    voices: int = 0
    frame: bool = False
    others: tuple[str, ...] = ()  # roles of further files, each a key of the job
    length: int = 40
    negative: int = 10
    callback: int = 0  # characters of its URL, 0: none
    parameters: Mapping[str, Any] | None = None
    form: str = "{} {}"  # how the prompt writes a reference: its kind and its number

    def with_count(self, name: str, value: Any) -> Draft:
        return replace(self, **{name: value})

    def with_parameter(self, name: str, value: object) -> Draft:
        return replace(self, parameters={**(self.parameters or {}), name: value})

    @property
    def intent(self) -> Intent:
        kinds = ["image"] * self.images
        kinds += ["video"] * self.videos
        kinds += ["audio"] * self.audios
        counts = {"Image": self.images, "Video": self.videos, "Audio": self.audios}
        names = [
            self.form.format(kind, at + 1) for kind, count in counts.items() for at in range(count)
        ]
        files = [f"/references/{at}/{kind}" for at, kind in enumerate(kinds)]
        text = " ".join(names)
        url = "https://example.com/"
        callback = {"callback_url": url + "x" * (self.callback - len(url))}
        parameters = {**(callback if self.callback else {}), **(self.parameters or {})}
        return Intent(
            prompt=Text((text + " " + "walk " * self.length)[: self.length], "/prompt")
            if self.length
            else None,
            negative_prompt=Text("x" * self.negative, "/negative_prompt"),
            references=tuple(
                IntendedReference(f"reference_{kind}", kind, files[at], at < self.voices)
                for at, kind in enumerate(kinds)
            ),
            parameters=parameters,
            places={name: f"/parameters/{name}" for name in parameters},
            assets=(
                *(
                    Asset(f"reference_{kind}", pointer, pointer, "file", pointer)
                    for kind, pointer in zip(kinds, files, strict=True)
                ),
                *((FRAME,) if self.frame else ()),
                *(Asset(role, role, f"/{role}", "file", role) for role in self.others),
            ),
        )

    @property
    def resolved(self) -> dict[str, Any]:
        return resolve(self.intent) | {"voices": self.voices}

    def judge(self, target: Target, body: Mapping[str, Any] | None = None) -> list[JobViolation]:
        return list(judge_job(self.resolved, self.intent, target, body))
