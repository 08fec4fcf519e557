"""Values of another shape than a job's: text without quotes, one thing instead of a list of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wanprep.fix.job.entries import member_at
from wanprep.fix.job.keys import shape_of
from wanprep.fix.job.operations import Put, at
from wanprep.fix.job.proposal import Proposal
from wanprep.pointers import last
from wanprep.probe.names import extension_format, usual_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.look import Look


def other_shapes(look: Look) -> Iterator[Proposal]:
    """Write values in the shape that is surely meant."""
    for problem in look.problems:
        shape = shape_of(problem.pointer)
        types = shape.get("type", ())
        types = (types,) if isinstance(types, str) else types
        value = at(look.value, problem.pointer)
        found = _meant(look, problem.pointer, value, types, splits="oneOf" in shape)
        if found:
            meant, words = found
            yield Proposal(
                pointer=problem.pointer,
                operations=(Put(problem.pointer, meant),),
                words=words,
                safety="safe",
                rules=(problem.rule,),
                before=shown(value),
                after=shown(meant),
                promise="anything",
            )


def _meant(
    look: Look, pointer: str, value: object, types: tuple[str, ...], *, splits: bool
) -> tuple[Any, str] | None:
    name = last(pointer)
    match value:
        case bool() | int() | float() if "string" in types:
            member = member_at(look.document, pointer)
            written = look.document.source.text[slice(*member.node.span)] if member else ""
            return written, f"put quotes around {written}"
        case [str(only)] if "string" in types and "array" not in types:
            return only, f"write `{name}` as text"
        case str() | dict() if types and "array" in types and "string" not in types:
            return [value], f"make a list of `{name}`"
        case str(path) if splits and (kind := _kind(path)):
            return {kind: path}, f"say that {path} is the reference's {kind}"
    return None


def _kind(path: str) -> str | None:
    kind = usual_kind(extension_format(path.partition("?")[0]) or "")
    return kind if kind in {"image", "video"} else None


def shown(value: object) -> str:
    """Show a value before or after a change."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
