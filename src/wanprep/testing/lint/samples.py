"""Whether everything that a target's table of fields promises can be built into a request."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from wanprep.check.inputs import Case
from wanprep.job.model import read_jobs
from wanprep.rules.intent import intent_of
from wanprep.submit.request.body import CannotBuild, build_request
from wanprep.testing.lint.fields import allowed, field, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.plugins.flow import Order
    from wanprep.rules.target import Target
    from wanprep.testing.lint.targets import Told


_ADDRESS: Final = "https://example.com/back"


_PLAIN: Final[tuple[Any, ...]] = (1, 5, True, 0.5, "x", _ADDRESS, "a/b", [], {})


def sample_values(request: Mapping[str, Any], table: Mapping[str, Any]) -> list[Any]:
    """Name the values that a job may give for a parameter: all that are listed, else one.

    Empty where none can be thought of: then nothing can be said of it.
    """
    if "values" in table:
        return list(table["values"])
    if table.get("in") == "query":
        return [_ADDRESS]
    schema = field(request, [table["name"]])
    listed = [each for part in parts(request, schema) for each in part.get("enum", ())]
    return listed or _one(request, schema, table["name"])


def _one(request: Mapping[str, Any], schema: object, name: str) -> list[Any]:
    # A job in which a key has nothing behind it says nothing.
    values = (each for each in likely(request, schema) if each is not None)
    return next(([each] for each in values if allowed(request, name, each)), [])


def likely(request: Mapping[str, Any], schema: object) -> Iterator[Any]:
    """Name values that a schema itself shows, then some plain ones."""
    for part in parts(request, schema):
        yield from (part[key] for key in ("const", "default", "minimum", "maximum") if key in part)
        yield from part.get("examples", ())
    yield from _PLAIN


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
    return Case(job, intent_of(job), (target,), None)


def body_faults(target: Target) -> Iterator[Told]:
    """Build a plain job, then each thing that a job may say, in whatever job takes it."""
    plain, why = _first_built(target, plain_jobs(target))
    if plain is None:
        yield "fields", f"no plain job can be built, not even one with an image: {why}"
        return
    told = set()
    for what, overlays in promises(target):
        jobs = [laid_over(job, more) for more in overlays for job in plain_jobs(target)]
        built, why = _first_built(target, jobs)
        if built is None and (what, why) not in told:
            told.add((what, why))
            yield f"fields.{what}", f"it is promised, and no job with it can be built: {why}"


def sample_order(target: Target) -> Order | None:
    """Build the plainest job that can be built."""
    return _first_built(target, plain_jobs(target))[0]


def _first_built(target: Target, jobs: list[Document]) -> tuple[Order | None, str]:
    why = ""
    for job in jobs:
        try:
            return build_request(as_case(job, target), target, {}).order, why
        except CannotBuild as error:
            why = why or str(error).partition(" `wanprep check")[0]
    return None, why
