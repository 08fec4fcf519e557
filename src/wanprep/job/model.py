"""The model of a job: targets, prompt, references and parameters, and their places."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.job.documents.document import Document, Place, SourceText

Role = Literal["reference_image", "reference_video", "first_frame", "voice"]

# Two letters at least: a single one is a drive of Windows.
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|data:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """An image or a video, with the voice of the person in it."""

    kind: Literal["image", "video"]
    asset: str  # as written; empty where the job names none, which is reported
    voice: str | None
    pointer: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One media file or URL in one role."""

    role: Role
    written: str
    pointer: str
    kind: Literal["file", "url", "data"]
    location: str  # a path that can be opened from here, or the URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A normalized job; what is wrong with how it is written is in `JobFile.problems`.

    With a `body`, the provider's own request, everything but the targets is in there.
    """

    file: str
    number: int  # of the document in the file, from 1
    document: Document  # has the place of every value
    raw: Any  # the document as it is written
    targets: Mapping[str, str]  # and the pointer to where each is named
    prompt: str | None
    negative_prompt: str | None
    references: tuple[Reference, ...]
    first_frame: str | None
    parameters: Mapping[str, Any]
    body: Mapping[str, Any] | None

    def assets(self) -> Iterator[Asset]:
        """List all media of the job, in the order in which it names them."""
        for reference in self.references:
            role: Role = "reference_image" if reference.kind == "image" else "reference_video"
            if reference.asset:
                yield self.asset(role, reference.asset, below(reference.pointer, reference.kind))
            if reference.voice:
                yield self.asset("voice", reference.voice, below(reference.pointer, "voice"))
        if self.first_frame:
            yield self.asset("first_frame", self.first_frame, "/first_frame")

    def asset(self, role: Role, written: str, pointer: str) -> Asset:
        """Make an asset of a URL, or of a path relative to the job's folder."""
        if scheme := _URL.match(written):
            data = scheme[0].lower() == "data:"
            return Asset(role, written, pointer, "data" if data else "url", written)
        location = os.path.join(os.path.dirname(self.file), written)
        return Asset(role, written, pointer, "file", location)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with how a job is written: a finding before any target is known."""

    rule: str
    pointer: str
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class JobFile:
    """The jobs of a file, its problems in their order, and its text to show them in."""

    file: str
    source: SourceText
    jobs: tuple[Job, ...]
    problems: tuple[Problem, ...]
