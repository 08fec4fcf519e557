"""What YAML's tags make of a value: nothing beyond the plain values that JSON has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml.events import MappingStartEvent, ScalarEvent, SequenceStartEvent

from wanprep.job.documents.core_schema import meaning
from wanprep.job.documents.limits import NotAJob
from wanprep.text import visible

if TYPE_CHECKING:
    from wanprep.job.documents.node import Scalar, Span

_CORE: Final = "tag:yaml.org,2002:"
_SCALARS: Final = {
    "!!bool": bool, "!!float": float, "!!int": int, "!!null": type(None), "!!str": str,
}  # fmt: skip
_KNOWN: Final = {
    MappingStartEvent: frozenset({"!!map"}),
    ScalarEvent: frozenset(_SCALARS),
    SequenceStartEvent: frozenset({"!!seq"}),
}


def check_tag(event: Any, start: int) -> None:  # noqa: ANN401 - ruamel.yaml has no types
    """Refuse tags that ask for more than plain values: some readers run code for them."""
    tag = _tag(event)
    if tag not in {None, "!"} and tag not in _KNOWN[type(event)]:
        raise NotAJob(
            (start, start + 1),
            f"the tag {visible(str(tag))} has no meaning here; text that begins with ! must be "
            "in quotes",
        )


def tagged_value(event: Any, text: str, span: Span) -> Scalar:  # noqa: ANN401
    """Tell what a scalar means: unquoted words by YAML's core schema, all others are text."""
    tag = _tag(event)
    if tag is None:
        return meaning(text, span) if event.style is None else text
    if tag in {"!", "!!str"}:
        return text
    value = meaning(text, span)
    if tag == "!!float" and type(value) is int:
        return float(value)
    if type(value) is not _SCALARS[tag]:
        raise NotAJob(span, f"this is not what its tag {tag} says: remove the tag")
    return value


def _tag(event: Any) -> str | None:  # noqa: ANN401
    tag: str | None = event.tag
    return f"!!{tag.removeprefix(_CORE)}" if tag and tag.startswith(_CORE) else tag
