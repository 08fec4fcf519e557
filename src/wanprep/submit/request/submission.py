"""Submissions: one job for one target each, which the check accepts, and which is paid for once."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.pipeline import judge_inputs, subject_of
from wanprep.check.result import redact_report, select_findings
from wanprep.dataclass import dataclass
from wanprep.errors import UsageError, WanprepError
from wanprep.fix.fixable import with_fixes
from wanprep.job.roles import VOICE
from wanprep.pointers import below, parent
from wanprep.rules.target import DEFAULT_TARGET
from wanprep.submit.request.body import replace_values
from wanprep.submit.uploads.files import find_object, local_file, unseen_object
from wanprep.text import join_words, plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wanprep.check.inputs import Case, Inputs
    from wanprep.check.result import Report
    from wanprep.job.model import Asset
    from wanprep.media.facts import Facts
    from wanprep.plugins.provider import LocalFile
    from wanprep.rules.intent import Intent
    from wanprep.rules.target import Target
    from wanprep.submit.services.service import Services
    from wanprep.submit.uploads.files import StoredObject

# Settings of a provider that change what is sent, and so what is bought.
_SETTINGS_SENT: Final = ("item", "model-ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One job for one target."""

    case: Case
    target: Target
    files: Mapping[str, LocalFile]  # by pointer
    objects: Mapping[str, StoredObject]  # of stores, by pointer
    facts: Mapping[str, Facts]  # by pointer, too
    identity: str

    @property
    def subject(self) -> str:
        """The job's file as verdicts name it, with its number where it is not the first."""
        return subject_of(self.case.job.file, self.case.job.number)

    @property
    def name(self) -> str:
        """The subject, safe to print."""
        return visible(self.subject)


class JobsRefused(WanprepError):
    """The check does not accept a job; nothing is sent. `report` has the findings."""

    exit_code = 1

    def __init__(self, report: Report) -> None:
        errors = [each for each in report.findings if each.severity == "error"]
        first = f" The first: {errors[0].message}" if errors else ""
        found = plural(len(errors), "error") if errors else "something that could not be checked"
        super().__init__(f"the check found {found}. Nothing was sent.{first}")
        self.report = redact_report(report)


def find_submissions(inputs: Inputs, services: Services) -> list[Submission]:
    """List every job with every target that it is to be sent to; read and hash its files."""
    inputs.require_only_jobs(
        "submitted",
        ", in files that end in .yaml, .yml or .json. A job names media files; `wanprep schema job`"
        " shows how.",
    )
    return [
        _submission(case, target, inputs, services)
        for case in inputs.cases
        for target in _targets(case, inputs)
    ]


def accepted_report(inputs: Inputs, attached: Sequence[Submission] = ()) -> Report:
    """Return the warnings, or raise JobsRefused; what was sent before need not pass."""
    report = with_fixes(select_findings(judge_inputs(inputs), (), (), "warning"))
    sent = {(each.subject, each.target.id) for each in attached}
    passes = all(
        each.verdict == "pass" or each.excused or (each.subject, each.target) in sent
        for each in report.verdicts
    )
    # A document that cannot be read may have no verdict of its own.
    passes &= all(each.severity != "error" or each.target for each in report.findings)
    if not passes:
        raise JobsRefused(report)
    return report


def _targets(case: Case, inputs: Inputs) -> Iterator[Target]:
    ids = [target.id for target in case.targets]
    if len(ids) > 1 and not inputs.request.targets:
        raise UsageError(
            f"{visible(case.job.file)} is for {join_words(ids, 'and')}: each would be a job of its"
            f" own, and paid. Choose one to submit it to: -t {ids[0]}"
        )
    for target in case.targets:
        if target.id == DEFAULT_TARGET:
            raise UsageError(
                f"{visible(case.job.file)}: {target.id} is what several providers share, and not"
                " one to send a job to. Name one with -t; `wanprep targets` lists them."
            )
        yield target


def _submission(case: Case, target: Target, inputs: Inputs, services: Services) -> Submission:
    local = [asset for asset in case.intent.assets if asset.kind in {"file", "object"}]
    # A missing file is a finding of the check.
    files = {
        asset.pointer: local_file(asset.location)
        for asset in local
        if asset.kind == "file" and os.path.isfile(asset.location)
    }
    objects = _objects(local, inputs, services)
    hashes = {pointer: file.sha256 for pointer, file in files.items()}
    hashes |= {pointer: each.identity for pointer, each in objects.items()}
    settings = services.settings(target.provider)
    settings_sent = {name: settings[name] for name in _SETTINGS_SENT if name in settings}
    return Submission(
        case=case,
        target=target,
        files=files,
        objects=objects,
        facts={
            asset.pointer: inputs.facts[asset.location]
            for asset in local
            if asset.location in inputs.facts  # no object is, where the network is not used
        },
        identity=job_identity(case, target, hashes, settings_sent),
    )


def _objects(
    assets: Iterable[Asset], inputs: Inputs, services: Services
) -> dict[str, StoredObject]:
    """Ask for the versions of a job's objects, but for those that the check did not find."""
    is_offline, stores = inputs.request.offline, services.config.stores
    return {
        asset.pointer: unseen_object(asset.location)
        if is_offline
        else find_object(asset.location, stores)
        for asset in assets
        if asset.kind == "object" and (is_offline or inputs.facts[asset.location].readable)
    }


def job_identity(
    case: Case, target: Target, hashes: Mapping[str, str], settings: Mapping[str, Any]
) -> str:
    """Hash what would be bought: the job's content for a target, whatever its files are called.

    `hashes` are those of the local files, by pointer; `settings` are those that change what is
    sent. Names, the order of keys, comments and other targets do not count.
    """
    if case.job.body is not None:
        contents = {pointer: _content("", sha256) for pointer, sha256 in hashes.items()}
        bought: dict[str, Any] = {"body": replace_values(case.job.body, contents)}
    else:
        bought = _content_of_job(case, hashes)
    text = json.dumps({"target": target.id, "settings": settings, **bought})
    # The same number is written in one way: 5.0 is 5.
    plain = json.loads(text, parse_float=_plain_number)
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain_number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _content_of_job(case: Case, hashes: Mapping[str, str]) -> dict[str, Any]:
    intent = case.intent
    contents = {
        asset.pointer: _content(asset.written, hashes.get(asset.pointer)) for asset in intent.assets
    }
    return {
        "prompt": intent.prompt.text.strip() if intent.prompt else "",
        "negative_prompt": intent.negative_prompt.text.strip() if intent.negative_prompt else "",
        "references": [
            {
                "kind": each.kind,
                "asset": contents.get(each.pointer),
                "voice": contents.get(below(parent(each.pointer), VOICE)),
            }
            for each in intent.references
        ],
        "first_frame": next(map(contents.get, intent.pointers_of("first_frame")), None),
        **_other_media(intent, contents),
        "parameters": dict(intent.parameters),
    }


def _other_media(intent: Intent, contents: Mapping[str, Any]) -> dict[str, Any]:
    """List what has a key of its own, by role; jobs without any keep their identity."""
    listed: dict[str, list[Any]] = {}
    for asset in intent.assets:
        role = intent.roles[asset.role]
        if not role.in_references and role.name != "first_frame":
            listed.setdefault(role.name, []).append(contents[asset.pointer])
    return {"media": listed} if listed else {}


def _content(written: str, sha256: str | None) -> dict[str, str]:
    return {"sha256": sha256} if sha256 else {"url": written}
