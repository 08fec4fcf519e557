"""The roles of media in a job: the key of each, its kind, and the words for it.

The schema of jobs has the common ones, beside their keys (`x-role`). Targets add their own, as
`places` in their files; a key that one target defines is known in every job.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wanprep.dataclass import dataclass
from wanprep.media.facts import extension_format, usual_kind
from wanprep.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wanprep.media.facts import Kind

    Schema = Mapping[str, Any]
    Place = Mapping[str, Any]

VOICE: Final = "voice"  # the role of a file that belongs to a reference
OWN_NAME: Final = "name"  # the key of a name by which the prompt may call a reference: @anna
UNSUPPORTED: Final = "role-unsupported"
_FILE: Final = {"type": "string", "pattern": "\\S"}


class Role(NamedTuple):
    """A role of media files, and where a job names them."""

    name: str
    kind: Kind
    key: str
    in_references: bool  # a key of an entry of `references`, else one of the job itself
    title: str
    unsupported: str = UNSUPPORTED  # the rule for a file in this role where a target has none

    @property
    def is_reference(self) -> bool:
        """Whether a file in this role is a reference, with a number that prompts may use."""
        return self.in_references and self.name != VOICE


@dataclass(frozen=True, slots=True, eq=False)  # each set is made once
class Roles(Mapping[str, Role]):
    """All roles by name, and the schema of the jobs that have their keys."""

    schema: Schema
    by_name: Mapping[str, Role]

    __hash__ = object.__hash__  # a mapping has none
    __eq__ = object.__eq__

    def __getitem__(self, name: str) -> Role:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def references(self) -> Mapping[str, Role]:
        """Return the roles of references by their keys."""
        return {role.key: role for role in self.values() if role.is_reference}

    def key_of(self, path: str) -> str:
        """Return the key of a reference to a file of this name: `video` for dance.mp4."""
        kind = usual_kind(extension_format(path.partition("?")[0]) or "")
        keys = [key for key, role in self.references().items() if role.kind == kind]
        return next(iter(keys), next(iter(self.references())))

    def others(self) -> Iterator[Role]:
        """List the roles with a key of the job itself."""
        return (role for role in self.values() if not role.in_references)

    def of_kind(self, kind: str) -> list[Role]:
        """List the roles of files of a kind, the most usual first."""
        return [role for role in self.values() if role.kind == kind]

    def beside(self, places: Iterable[Mapping[str, Place]]) -> Roles:
        """Add the roles that targets define; of the same name or key, the first counts."""
        added = {name: place for each in places for name, place in each.items()}
        added = {name: place for name, place in added.items() if name not in self}
        if not added:
            return self
        schema = dict(self.schema)
        for name, place in added.items():
            schema = _with_place(schema, name, place)
        return _roles_of(schema)


@cache
def common_roles() -> Roles:
    """Return the roles that the schema of jobs has."""
    return _roles_of(load_schema("job"))


def _roles_of(schema: Schema) -> Roles:
    entries = schema["properties"]["references"]["items"]["properties"]
    roles = [
        *_roles_in(entries, in_references=True),
        *_roles_in(schema["properties"], in_references=False),
    ]
    return Roles(schema, {role.name: role for role in roles})


def _roles_in(properties: Schema, *, in_references: bool) -> Iterator[Role]:
    for key, about in properties.items():
        if "x-role" in about:
            role: Mapping[str, Any] = about["x-role"]
            unsupported = role.get("unsupported", UNSUPPORTED)
            title = about["title"].lower()
            yield Role(role["name"], role["kind"], key, in_references, title, unsupported)


def _with_place(schema: Mapping[str, Any], name: str, place: Place) -> dict[str, Any]:
    """Return a schema with one more key for media; as it is where the key is taken."""
    about = {
        "title": place["title"],
        "description": place["description"],
        **_FILE,
        "x-role": {"name": name, "kind": place["kind"]},
    }
    properties, key = schema["properties"], place["key"]
    references = properties["references"]
    entry = references["items"]
    if place["in"] == "job":
        if place.get("many"):
            about |= {"type": ["array", "null"], "items": {"title": place["title"], **_FILE}}
            del about["pattern"]
        excluded = schema["dependentSchemas"]["body"]["properties"]
        body = {"properties": {**excluded, key: False}}
        properties = {**properties, key: properties.get(key, about)}
        return {**schema, "properties": properties, "dependentSchemas": {"body": body}}
    keys = {**entry["properties"], key: entry["properties"].get(key, about)}
    choices = [*entry["oneOf"], {"required": [key]}]  # exactly one of these keys
    entry = {**entry, "properties": keys, "oneOf": choices}
    references = {**references, "items": entry}
    return {**schema, "properties": {**properties, "references": references}}
