"""Jobs: targets, prompt, references and parameters with their places, read from a file."""

from __future__ import annotations

import os
import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, Literal

from wanprep.dataclass import dataclass
from wanprep.job.documents import parse_documents, read_documents
from wanprep.job.documents.document import BrokenDocument
from wanprep.job.roles import OWN_NAME, VOICE, common_roles
from wanprep.job.shape import Problem, normalize
from wanprep.pointers import below
from wanprep.stores.stores import EXTRAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.job.documents import DocumentFile
    from wanprep.job.documents.document import Document, SourceText
    from wanprep.job.roles import Role, Roles

# Two letters at least: a single one is a drive of Windows.
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|data:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """An image, a video or a recording, with the voice of the person in it."""

    role: Role
    asset: str  # as written; empty where the job names none, which is reported
    voice: str | None
    pointer: str
    own_name: str = ""  # by which the prompt may call it: @anna

    @property
    def media_pointer(self) -> str:
        """The place of the image, video or recording itself."""
        return below(self.pointer, self.role.key)


@dataclass(frozen=True, slots=True)
class Asset:
    """One media file or URL in one role."""

    role: str
    written: str
    pointer: str
    kind: Literal["file", "url", "object", "data"]  # an object is a file in a store
    location: str  # a path that can be opened from here, the URL, or a short name of a data: URI

    @property
    def shown(self) -> str:
        """What reports call it."""
        return self.location if self.kind == "data" else self.written


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A normalized job; errors of its form are in `JobFile.problems`.

    With a `body`, the provider's own request, everything but the targets is in there.
    """

    file: str
    number: int  # of the document in the file, from 1
    document: Document  # normalized, with the place of every value
    written: Document  # as it is in the file
    targets: Mapping[str, str]  # to the pointer where each is named
    prompt: str | None
    negative_prompt: str | None
    references: tuple[Reference, ...]
    parameters: Mapping[str, Any]
    body: Mapping[str, Any] | None
    roles: Roles

    @property
    def raw(self) -> Any:  # noqa: ANN401 - JSON
        """The values of the document as it is written."""
        return self.written.value

    def assets(self) -> Iterator[Asset]:
        """List all media of the job: those of the references, then those with keys of their own."""
        for reference in self.references:
            if reference.asset:
                yield self.asset(reference.role.name, reference.asset, reference.media_pointer)
            if reference.voice:
                yield self.asset(VOICE, reference.voice, below(reference.pointer, VOICE))
        value = self.document.value
        for role in self.roles.others():
            for written, pointer in _files(value.get(role.key), f"/{role.key}"):
                yield self.asset(role.name, written, pointer)

    def asset(self, role: str, written: str, pointer: str) -> Asset:
        """Make an asset of a URL, or of a path relative to the job's folder."""
        if scheme := _URL.match(written):
            kind = _kind_of_url(scheme[0])
            location = _short_uri(written) if kind == "data" else written
            return Asset(role, written, pointer, kind, location)
        location = os.path.join(os.path.dirname(self.file), written)
        return Asset(role, written, pointer, "file", location)


def _short_uri(uri: str) -> str:
    """Name a data: URI by its beginning and a hash, so that no message has megabytes of base64."""
    import hashlib

    head, _, content = uri.partition(",")
    digest = hashlib.sha256(uri.encode(errors="replace")).hexdigest()[:8]
    return f"{head[:40]},{content[:8]}…{digest}"


def _kind_of_url(begin: str) -> Literal["url", "object", "data"]:
    """Tell URLs apart: a job may come from anyone, so it reaches only the stores of clouds."""
    scheme = begin.lower().rstrip(":/")
    return "data" if scheme == "data" else "object" if scheme in EXTRAS else "url"


@dataclass(frozen=True, slots=True)
class JobFile:
    """The jobs of a file, its problems in their order, and its text to show them in."""

    file: str
    source: SourceText
    jobs: tuple[Job, ...]
    problems: tuple[Problem, ...]
    documents: int = 0  # also those that are no job
    roles: Roles = field(default_factory=common_roles)


def read_jobs(file: str, roles: Roles | None = None) -> JobFile:
    """Read all jobs of a file. Never raises: see the problems of the result.

    `roles` are those that the installed targets define, where that is more than the common ones.
    """
    return jobs_of(file, read_documents(file), roles)


def parse_jobs(text: str, file: str, roles: Roles | None = None) -> JobFile:
    """Read all jobs of a text, as if it were in this file."""
    return jobs_of(file, parse_documents(text, file), roles)


def jobs_of(file: str, parsed: DocumentFile, roles: Roles | None = None) -> JobFile:
    """Normalize documents into jobs."""
    roles = roles or common_roles()
    jobs: list[Job] = []
    problems: list[Problem] = []
    for number, document in enumerate(parsed.documents, start=1):
        if isinstance(document, BrokenDocument):
            problems.append(Problem("job-invalid", "", document.message, document.place))
            continue
        normal, found = normalize(document, roles)
        problems += found
        if normal:
            jobs.append(_job(file, number, normal, document, roles))
            problems += _repeated_names(jobs[-1])
    problems.sort(key=lambda problem: (problem.place.line, problem.place.column))
    documents = len(parsed.documents)
    return JobFile(file, parsed.source, tuple(jobs), tuple(problems), documents, roles)


def _job(file: str, number: int, normal: Document, written: Document, roles: Roles) -> Job:
    value: Mapping[str, Any] = normal.value
    return Job(
        file=file,
        number=number,
        document=normal,
        written=written,
        targets=_targets(value.get("target")),
        prompt=value.get("prompt"),
        negative_prompt=value.get("negative_prompt"),
        references=tuple(_references(value.get("references") or (), roles)),
        parameters=value.get("parameters") or {},
        body=value.get("body"),
        roles=roles,
    )


def _repeated_names(job: Job) -> Iterator[Problem]:
    """Report a name that two references have: the prompt could mean either."""
    names = [each.own_name for each in job.references]
    for at, reference in enumerate(job.references):
        if reference.own_name and reference.own_name in names[:at]:
            pointer = below(reference.pointer, OWN_NAME)
            message = f"`{OWN_NAME}` is {reference.own_name}, as that of another reference"
            yield Problem("job-invalid", pointer, message, job.document.place(pointer))


def _targets(target: str | list[str] | None) -> dict[str, str]:
    """List each target once, with the pointer to its first mention."""
    if isinstance(target, str):
        return {target: "/target"} if target else {}
    pointers: dict[str, str] = {}
    for index, name in enumerate(target or ()):
        if name:
            pointers.setdefault(name, below("/target", index))
    return pointers


def _references(entries: Iterable[Mapping[str, str]], roles: Roles) -> Iterator[Reference]:
    by_key = roles.references()
    for index, entry in enumerate(entries):
        key = next((key for key in by_key if key in entry), next(iter(by_key)))
        voice = entry.get(VOICE) or None
        own_name = entry.get(OWN_NAME) or ""
        pointer = below("/references", index)
        yield Reference(by_key[key], entry.get(key, ""), voice, pointer, own_name)


def _files(value: str | list[str] | None, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value:
        yield value, pointer
    elif value:
        yield from ((each, below(pointer, at)) for at, each in enumerate(value) if each)
