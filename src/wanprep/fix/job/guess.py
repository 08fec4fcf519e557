"""Which key is meant by one that does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from wanprep.schema_errors import letters
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from wanprep.judge.target import Target

Names = Mapping[str, str]  # what people write, and the key that it means

# From here on a slip of the pen is the only reading; below, the author is asked.
_CERTAIN: Final = 0.85


@dataclass(frozen=True, slots=True)
class Guess:
    """A key, and whether it is surely the one."""

    key: str
    certain: bool


def guess(key: str, names: Names, least: float) -> Guess | None:
    """Find the key that is meant, if any word for it is at least so much like this one."""
    wanted = letters(key)
    likeness = {word: _likeness(wanted, letters(word)) for word in names}
    best = max(likeness, key=likeness.__getitem__, default="")
    if not best or likeness[best] < least:
        return None
    certain = likeness[best] >= _CERTAIN and not _extends(wanted, letters(best))
    return Guess(names[best], certain)


def _extends(one: str, other: str) -> bool:
    """Tell whether one key is the other and a word more, which makes it another key."""
    return abs(len(one) - len(other)) > 1 and (one in other or other in one)


def _likeness(one: str, other: str) -> float:
    return 1.0 if one == other else min(0.999, SequenceMatcher(None, one, other).ratio())


def words_for(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """List the keys of a schema under all their names."""
    also = {word: name for name, about in properties.items() for word in about.get("x-also", ())}
    return also | {name: name for name in properties}


def job_properties() -> Mapping[str, Any]:
    """Return the keys of a job."""
    found: Mapping[str, Any] = load_schema("job")["properties"]
    return found


def parameter_names() -> dict[str, str]:
    """List the parameters that jobs know, under all their names."""
    return words_for(job_properties()["parameters"]["properties"])


def body_names(target: Target) -> dict[str, str]:
    """List the fields of a native body under their own names and under ours."""
    fields, job = target.data["fields"], job_properties()
    entry = job["references"]["items"]["properties"]
    ours = {name: each["name"] for name, each in fields["parameters"].items() if "in" not in each}
    ours |= {name: fields[name] for name in ("prompt", "negative_prompt", "first_frame")
             if name in fields}  # fmt: skip
    found = _renamed(parameter_names() | words_for(job), ours)
    for kind in ("image", "video"):
        if field := fields.get(f"reference_{kind}"):
            found |= _renamed(words_for({kind: entry[kind]}), {kind: field["name"]})
    return found | {name: name for name in (target.request or {}).get("properties", ())}


def item_names(item: Mapping[str, str]) -> dict[str, str]:
    """List the keys of a reference in a native body under their own names and under ours."""
    entry = words_for(job_properties()["references"]["items"]["properties"])
    ours = {"image": item["url"], "video": item["url"]}
    ours |= {"voice": item["voice"]} if "voice" in item else {}
    return _renamed(entry, ours) | {name: name for name in item.values()}


def _renamed(words: Names, keys: Names) -> dict[str, str]:
    return {word: keys[name] for word, name in words.items() if name in keys}
