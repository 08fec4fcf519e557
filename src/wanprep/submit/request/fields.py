"""Write a job's parts into a service's own fields, by the table of fields in its target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wanprep.pointers import below, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.plugins.provider import Settings
    from wanprep.rules.intent import Intent

Fields = dict[str, Any]  # of a target
_ROLES: Final = {"image": "reference_image", "video": "reference_video"}


@dataclass(slots=True)
class Draft:
    """A request in the making, and what could not be brought in."""

    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)  # in words
    left_out: set[str] = field(default_factory=set)  # places of files
    unconfirmed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A reference as the prompt names it: Image 1, Video 1."""

    kind: str
    number: int
    pointer: str

    @property
    def name(self) -> str:
        return f"{self.kind.capitalize()} {self.number}"

    @property
    def voice(self) -> str:
        """Tell where its voice stands in a job in our own words."""
        return below(parent(self.pointer), "voice")


@dataclass(frozen=True, slots=True)
class _Given:
    """All that there is to write, and the table that says where."""

    intent: Intent
    fields: Fields
    addresses: Mapping[str, str]  # of files, by their places
    settings: Settings

    def references(self) -> Iterator[_Numbered]:
        seen = {"image": 0, "video": 0}
        for reference in self.intent.references:
            seen[reference.kind] += 1
            yield _Numbered(reference.kind, seen[reference.kind], reference.pointer)

    def unconfirmed(self, role: str) -> bool:
        """Tell whether the keys of a reference are a guess of ours, which users may better."""
        return f"{role}.item" in self.fields.get("unconfirmed", ())

    def keys(self, role: str) -> Mapping[str, str]:
        """Name the keys of an entry; none where an entry is a plain address."""
        keys: Mapping[str, str] = self.fields.get(role, {}).get("item") or {}
        if keys and self.unconfirmed(role):
            return {**keys, **self.settings.get("item", {})}
        return keys


def write(
    intent: Intent, fields: Fields, addresses: Mapping[str, str], settings: Settings
) -> Draft:
    """Write all that a job says, and nothing that it does not say."""
    given = _Given(intent, fields, addresses, settings)
    draft = Draft(body=dict(fields.get("constants", {})))
    _texts(given, draft)
    for kind in _ROLES:
        _references([each for each in given.references() if each.kind == kind], given, draft)
    _first_frame(given, draft)
    _voices(given, draft)
    _parameters(given, draft)
    return draft


def _texts(given: _Given, draft: Draft) -> None:
    texts = {"prompt": given.intent.prompt, "negative_prompt": given.intent.negative_prompt}
    for name, text in texts.items():
        if text and name in given.fields:
            draft.body[given.fields[name]] = text.text
        elif text:
            draft.dropped.append(f"the {name.replace('_', ' ')}")


def _references(references: list[_Numbered], given: _Given, draft: Draft) -> None:
    if not references:
        return
    role = _ROLES[references[0].kind]
    if role not in given.fields:
        draft.dropped += [each.name for each in references]
        draft.left_out |= {each.pointer for each in references}
        return
    name, many = given.fields[role]["name"], given.fields[role]["many"]
    entries = [_entry(each, given, given.keys(role)) for each in references]
    # Of several for a field that takes one, the last wins: the last look sees what is lost.
    draft.body[name] = entries if many else entries[-1]
    if given.unconfirmed(role):
        own = given.settings.get("item", {}).values()
        used = dict.fromkeys(key for entry in entries for key in entry)
        draft.unconfirmed += [f"{name}[].{key}" for key in used if key not in own]


def _entry(each: _Numbered, given: _Given, keys: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    address = given.addresses[each.pointer]
    if not keys:
        return address
    voice = given.addresses.get(each.voice) if "voice" in keys else None
    return {keys["url"]: address} | ({keys["voice"]: voice} if voice else {})


def _first_frame(given: _Given, draft: Draft) -> None:
    pointer, fields = given.intent.first_frame, given.fields
    if pointer is None:
        return
    shared = fields.get("same_field", {}).get("first_frame")
    if "first_frame" in fields:
        draft.body[fields["first_frame"]] = given.addresses[pointer]
    elif shared:
        draft.body[fields[shared]["name"]] = given.addresses[pointer]
    else:
        draft.dropped.append("the first frame")
        draft.left_out.add(pointer)


def _voices(given: _Given, draft: Draft) -> None:
    """Bind voices by name; those inside of their references are there already."""
    path = given.fields.get("voice", {}).get("bindings")
    for each in given.references():
        address, gone = given.addresses.get(each.voice), each.pointer in draft.left_out
        if address is None or ("voice" in given.keys(_ROLES[each.kind]) and not gone):
            continue
        if path and not gone:
            _inner(draft.body, path.split("."))[f"{each.kind}{each.number}"] = address
        else:
            draft.dropped.append(f"the voice of {each.name}")
            draft.left_out.add(each.voice)


def _inner(body: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for name in path:
        body = body.setdefault(name, {})
    return body


def _parameters(given: _Given, draft: Draft) -> None:
    for name, value in given.intent.parameters.items():
        table = given.fields["parameters"].get(name)
        if table is None:
            draft.dropped.append(f"the parameter `{name}`")
            continue
        native = _translated(value, table.get("values", {}))
        if table.get("in") == "query":
            draft.query[table["name"]] = str(native)
        else:
            draft.body[table["name"]] = native


def _translated(value: object, values: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return values.get(value.strip(), value.strip())
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 5.0, as some JSON is written, is 5
    return value
