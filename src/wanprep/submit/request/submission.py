"""What is to be sent: each job for one target, with all that must be known before it leaves."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wanprep.errors import UsageError
from wanprep.rules.target import DEFAULT_TARGET
from wanprep.submit.request.identity import identity
from wanprep.submit.uploads.local_files import local_file
from wanprep.text import listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.check.inputs import Case, Inputs
    from wanprep.media.facts import Facts
    from wanprep.plugins.provider import LocalFile
    from wanprep.rules.target import Target
    from wanprep.submit.services.service import Services

# Settings of a provider that change what is sent, and so what is bought.
_CHANGING: Final = ("item", "model-ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One job for one target."""

    case: Case
    target: Target
    files: Mapping[str, LocalFile]  # by the places in the job that name them
    facts: Mapping[str, Facts]  # likewise
    identity: str

    @property
    def subject(self) -> str:
        """Name the job as verdicts do."""
        job = self.case.job
        return job.file if job.number == 1 else f"{job.file}#{job.number}"

    @property
    def name(self) -> str:
        """Name the job for people."""
        return visible(self.subject)


def submissions(seen: Inputs, services: Services) -> list[Submission]:
    """List what is to be sent; a job for several targets needs to be told for which."""
    if seen.media:
        names = ", ".join(visible(path) for path in seen.media[:3])
        raise UsageError(
            f"{names}: only jobs can be submitted, and this is a media file. Name it in a job:"
            " `wanprep schema job` shows how that is written."
        )
    return [
        _submission(case, target, seen, services)
        for cases in seen.cases
        for case in cases
        for target in _targets(case, seen)
    ]


def _targets(case: Case, seen: Inputs) -> Iterator[Target]:
    asked = bool(seen.request.targets)
    ids = [target.id for target in case.targets]
    if len(ids) > 1 and not asked:
        raise UsageError(
            f"{visible(case.job.file)} is for {listed(ids, 'and')}: each would be a job of its own,"
            f" and paid. Say for which to submit it: -t {ids[0]}"
        )
    for target in case.targets:
        if target.id == DEFAULT_TARGET:
            raise UsageError(
                f"{visible(case.job.file)}: {target.id} is what several providers share, and nobody"
                " to send a job to. Name one with -t; `wanprep targets` lists them."
            )
        yield target


def _submission(case: Case, target: Target, seen: Inputs, services: Services) -> Submission:
    local = [asset for asset in case.intent.assets if asset.kind == "file"]
    # What is missing is for the judge to tell.
    files = {
        asset.pointer: local_file(asset.location)
        for asset in local
        if os.path.isfile(asset.location)
    }
    hashes = {pointer: file.sha256 for pointer, file in files.items()}
    return Submission(
        case=case,
        target=target,
        files=files,
        facts={asset.pointer: seen.facts[asset.location] for asset in local},
        identity=identity(case, target, hashes, _changing(target, services)),
    )


def _changing(target: Target, services: Services) -> dict[str, Any]:
    settings = services.settings(target.provider)
    return {name: settings[name] for name in _CHANGING if name in settings}
