"""Which reference each token of a prompt means, and which references no token means."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from wanprep.job.tokens.find import MOST_TOKENS, find_tokens
from wanprep.job.tokens.plain import find_counted, mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanprep.job.tokens.styles import Token

Kind = Literal["image", "video"]
Reference = tuple[Kind, int]


@dataclass(frozen=True, slots=True)
class Bound:
    """A token and the reference that it means: None when the job has no such reference."""

    token: Token
    reference: Reference | None


@dataclass(frozen=True, slots=True)
class Binding:
    """A prompt held against the references of its job."""

    tokens: tuple[Bound, ...]
    unused: tuple[Reference, ...]


def bind(prompt: str, order: Sequence[Kind]) -> Binding:
    """Hold a prompt against the kinds of the job's references, in the order of its list.

    Images and videos are counted apart; `character2` is the second reference of either kind.
    Words that count ("the second image") join in only where a reference has no better name.
    """
    references = _numbered(order)
    bound = [Bound(token, _meant(token, references)) for token in find_tokens(prompt)]
    unnamed = _without(references, bound)
    if _plain_words_do(order):
        return Binding(tuple(bound), ())
    counted = (
        Bound(token, _meant(token, unnamed)) for token in islice(find_counted(prompt), MOST_TOKENS)
    )
    bound += [each for each in counted if each.reference]
    bound.sort(key=lambda each: each.token.span)
    unused = (each for each in _without(references, bound) if not _spoken_of(prompt, each, order))
    return Binding(tuple(bound), tuple(unused))


def resolved_prompt(text: str, order: Sequence[Kind]) -> dict[str, Any]:
    """Put a prompt as the resolved job has it: its length, its tokens, and what it never names.

    `length` counts code points: the one provider that says how it counts (EvoLink) counts
    every character, letter and punctuation mark as one, whatever bytes it takes.
    """
    binding = bind(text, order)
    return {
        "text": text,
        "length": len(text),
        "tokens": [
            {
                "kind": each.token.kind,
                "index": each.token.index,
                "bound": each.reference is not None,
                "style": each.token.style,
                "span": list(each.token.span),
            }
            for each in binding.tokens
        ],
        "unused": [{"kind": kind, "index": index} for kind, index in binding.unused],
    }


def _numbered(order: Sequence[Kind]) -> list[Reference]:
    return [(kind, order[: place + 1].count(kind)) for place, kind in enumerate(order)]


def _meant(token: Token, references: Sequence[Reference]) -> Reference | None:
    if token.kind == "character":
        return references[token.index - 1] if 0 < token.index <= len(references) else None
    meant = (token.kind, token.index)
    return meant if meant in references else None


def _without(references: Sequence[Reference], bound: Sequence[Bound]) -> list[Reference]:
    named = {each.reference for each in bound}
    return [reference for reference in references if reference not in named]


def _plain_words_do(order: Sequence[Kind]) -> bool:
    """With one image and one video at most, "the image" and "the video" say enough."""
    return order.count("image") <= 1 and order.count("video") <= 1


def _spoken_of(prompt: str, reference: Reference, order: Sequence[Kind]) -> bool:
    """Beside two images, "the video" still names the only video."""
    kind, _ = reference
    return order.count(kind) == 1 and mentions(prompt, kind)
