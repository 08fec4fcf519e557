"""Jobs made up for a target: some plain ones, and each thing that its table of fields promises."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.cases import Case
from wanprep.job.read import read_jobs
from wanprep.judge.meant import meant_by
from wanprep.plugin_kit.sample_values import sample_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.judge.target import Target

Document = dict[str, Any]

_HERO: Final = "https://example.com/hero.jpg"
_CLIP: Final = "https://example.com/dance.mp4"
_VOICE: Final = "https://example.com/hero.mp3"
_IMAGE: Final = {"image": _HERO}
_VIDEO: Final = {"video": _CLIP}
_MIXES: Final[tuple[Document, ...]] = (
    {"references": [_IMAGE]},
    {"references": [_VIDEO]},
    {"references": [_IMAGE, _VIDEO]},
    {"first_frame": _HERO},
    {},
    {"references": [_IMAGE], "first_frame": _HERO},
    {"references": [_VIDEO], "first_frame": _HERO},
    {"references": [_IMAGE, _IMAGE, _VIDEO, _VIDEO]},
)


def plain_jobs(target: Target) -> list[Document]:
    """Make jobs with one medium or a few: a target may well refuse most of them."""
    request, table = target.request or {}, target.data["fields"]["parameters"]
    values = {
        name: sample_values(request, each)
        for name, each in table.items()
        if each["name"] in request.get("required", ())
    }
    needed = {name: some[0] for name, some in values.items() if some}
    prompt = {"prompt": "She waves."} if "prompt" in target.data["fields"] else {}
    return [{"target": target.id, **prompt, **mix, "parameters": needed} for mix in _MIXES]


def promises(target: Target) -> Iterator[tuple[str, list[Document]]]:
    """Name each thing that a job may say, and what to lay over a plain job so that it does."""
    fields = target.data["fields"]
    if "negative_prompt" in fields:
        yield "negative_prompt", [{"negative_prompt": "blurry"}]
    if "first_frame" in fields or "first_frame" in fields.get("same_field", {}):
        yield "first_frame", [{"first_frame": _HERO}]
    for role, reference in (("reference_image", _IMAGE), ("reference_video", _VIDEO)):
        if role in fields:
            both = [[reference, _IMAGE], [reference, _VIDEO], [reference]]
            yield role, [{"references": each} for each in both]
            if "voice" in fields and ("bindings" in fields["voice"] or _has_voice(fields[role])):
                spoken = [[{**reference, "voice": _VOICE}, *more] for more in ([], [_VIDEO])]
                yield f"voice of {role}", [{"references": each} for each in spoken]
    for name, table in fields["parameters"].items():
        for value in sample_values(target.request or {}, table):
            yield f"parameters.{name}", [{"parameters": {name: value}}]


def _has_voice(media: Mapping[str, Any]) -> bool:
    return "voice" in (media["item"] or {})


def laid_over(plain: Document, more: Document) -> Document:
    """Lay a promise over a job; parameters come to those that are there."""
    parameters = {**plain["parameters"], **more.get("parameters", {})}
    return {**plain, **more, "parameters": parameters}


def as_case(document: Document, target: Target) -> Case:
    """Read a job as if somebody had written it."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "job.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        [job] = read_jobs(str(file)).jobs
    return Case(job, meant_by(job), (target,), None)
