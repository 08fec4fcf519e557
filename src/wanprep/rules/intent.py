"""The intent of a job, whether written in wanprep's keys or as a provider's request body."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass
from wanprep.job.roles import common_roles
from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.job.model import Asset, Job
    from wanprep.job.roles import Roles
    from wanprep.rules.target import Target


@dataclass(frozen=True, slots=True)
class Text:
    """A string and its place in the document."""

    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class IntendedReference:
    """One reference, and the place of its image, video or recording."""

    role: str
    kind: str
    pointer: str
    voice: bool = False
    word: str = ""  # what prompts call it, where that is not its kind

    @property
    def name(self) -> str:
        """What prompts call it, without its number."""
        return self.word or self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A job in common words, and the place of everything in the document it came from."""

    prompt: Text | None
    negative_prompt: Text | None
    references: tuple[IntendedReference, ...]
    parameters: Mapping[str, Any]
    places: Mapping[str, str]  # the pointer of each parameter
    assets: tuple[Asset, ...]
    root: str = ""  # the pointer of the object to which missing keys would be added
    roles: Roles = field(default_factory=common_roles)

    def pointers_of(self, role: str) -> list[str]:
        """List the places of the files in a role."""
        return [asset.pointer for asset in self.assets if asset.role == role]


def intent_of(job: Job, native: Target | None = None) -> Intent:
    """Read a job in our own keys, or one whose `body` is the request of a native target.

    Our own values of parameters are matched without regard to case.
    """
    if native is not None:
        from wanprep.rules.native_body import intent_of_body

        return intent_of_body(job, native)
    return Intent(
        prompt=text_of(job.prompt, "/prompt"),
        negative_prompt=text_of(job.negative_prompt, "/negative_prompt"),
        references=tuple(
            IntendedReference(
                each.role.name,
                each.role.kind,
                each.media_pointer,
                each.voice is not None,
                each.role.key,
            )
            for each in job.references
        ),
        # As everywhere in a job, a key without a value is the same as none.
        parameters={
            name: _folded(name, value)
            for name, value in job.parameters.items()
            if value is not None
        },
        places={name: below("/parameters", name) for name in job.parameters},
        assets=tuple(job.assets()),
        roles=job.roles,
    )


def text_of(value: object, pointer: str) -> Text | None:
    """Return a string that is not blank."""
    return Text(value, pointer) if isinstance(value, str) and value.strip() else None


def _folded(name: str, value: object) -> object:
    return value.strip().lower() if isinstance(value, str) and name != "callback_url" else value
