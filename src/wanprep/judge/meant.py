"""What a job means, whichever way it is written: our own words or a provider's native body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.job.model import Asset, Job


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt and where it stands."""

    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class MeantReference:
    """One reference, and where its picture or clip stands."""

    kind: Literal["image", "video"]
    pointer: str
    voice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A job in common words, and the place of everything in the document it came from."""

    prompt: Text | None
    negative_prompt: Text | None
    references: tuple[MeantReference, ...]
    first_frame: str | None  # its pointer
    parameters: Mapping[str, Any]
    places: Mapping[str, str]  # of each parameter
    assets: tuple[Asset, ...]
    root: str = ""  # where what is missing would stand
    unknown: Mapping[str, str] = field(default_factory=dict)  # keys that are no parameters


def meant_by(job: Job) -> Meant:
    """Read a job in our own words. Values of parameters are matched without regard to case."""
    return Meant(
        prompt=_text(job.prompt, "/prompt"),
        negative_prompt=_text(job.negative_prompt, "/negative_prompt"),
        references=tuple(
            MeantReference(each.kind, f"{each.pointer}/{each.kind}", each.voice is not None)
            for each in job.references
        ),
        first_frame="/first_frame" if job.first_frame else None,
        # As everywhere in a job, a key with nothing behind it says nothing.
        parameters={
            name: _folded(name, value)
            for name, value in job.parameters.items()
            if value is not None
        },
        places={name: below("/parameters", name) for name in job.parameters},
        assets=tuple(job.assets()),
    )


def _text(text: str | None, pointer: str) -> Text | None:
    return Text(text, pointer) if text and text.strip() else None


def _folded(name: str, value: object) -> object:
    return value.strip().lower() if isinstance(value, str) and name != "callback_url" else value
