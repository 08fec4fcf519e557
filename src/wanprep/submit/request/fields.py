"""Write a job into a service's own fields, by the table of fields in its target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wanprep.pointers import below, parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.plugins.provider import Settings
    from wanprep.rules.intent import Intent

_ROLES: Final = {"image": "reference_image", "video": "reference_video"}


@dataclass(slots=True)
class Draft:
    """An unfinished request, and what the target has no field for."""

    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)  # in words
    left_out: set[str] = field(default_factory=set)  # pointers of files
    unconfirmed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference as the prompt names it: Image 1, Video 1."""

    kind: str
    number: int
    pointer: str

    @property
    def name(self) -> str:
        return f"{self.kind.capitalize()} {self.number}"

    @property
    def role(self) -> str:
        return _ROLES[self.kind]

    @property
    def voice(self) -> str:
        """The pointer of its voice, in a job that is not a native body."""
        return below(parent(self.pointer), "voice")


def write_fields(
    intent: Intent, fields: Mapping[str, Any], urls: Mapping[str, str], settings: Settings
) -> Draft:
    """Write everything that a job states, and nothing else; `urls` are those of its files."""
    writer = _Writer(intent, fields, urls, settings)
    writer.write_prompts()
    for kind in _ROLES:
        writer.write_references([each for each in writer.references if each.kind == kind])
    writer.write_first_frame()
    writer.write_voices()
    writer.write_parameters()
    return writer.draft


class _Writer:
    def __init__(
        self,
        intent: Intent,
        fields: Mapping[str, Any],
        urls: Mapping[str, str],
        settings: Settings,
    ) -> None:
        self.intent = intent
        self.fields = fields
        self.urls = urls
        self.own_keys: Mapping[str, str] = settings.get("item", {})
        self.draft = Draft(body=dict(fields.get("constants", {})))
        self.references: list[_Reference] = []
        for reference in intent.references:
            number = 1 + sum(each.kind == reference.kind for each in self.references)
            self.references.append(_Reference(reference.kind, number, reference.pointer))

    def write_prompts(self) -> None:
        prompts = {"prompt": self.intent.prompt, "negative_prompt": self.intent.negative_prompt}
        for name, prompt in prompts.items():
            if prompt and name in self.fields:
                self.draft.body[self.fields[name]] = prompt.text
            elif prompt:
                self.draft.dropped.append(f"the {name.replace('_', ' ')}")

    def write_references(self, references: list[_Reference]) -> None:
        """Write all references of one kind."""
        if not references:
            return
        role = references[0].role
        if role not in self.fields:
            self.draft.dropped += [each.name for each in references]
            self.draft.left_out |= {each.pointer for each in references}
            return
        name, many = self.fields[role]["name"], self.fields[role]["many"]
        entries = [self._entry(each) for each in references]
        # A field that takes one gets the last; the final check sees that the others are missing.
        self.draft.body[name] = entries if many else entries[-1]
        if self._is_unconfirmed(role):
            used = dict.fromkeys(key for entry in entries for key in entry)
            own = self.own_keys.values()
            self.draft.unconfirmed += [f"{name}[].{key}" for key in used if key not in own]

    def _entry(self, reference: _Reference) -> Any:  # noqa: ANN401 - JSON
        url, keys = self.urls[reference.pointer], self._keys(reference.role)
        if not keys:
            return url
        voice = self.urls.get(reference.voice) if "voice" in keys else None
        return {keys["url"]: url} | ({keys["voice"]: voice} if voice else {})

    def _keys(self, role: str) -> Mapping[str, str]:
        """Return the keys of an entry; none where an entry is a plain URL."""
        keys: Mapping[str, str] = self.fields.get(role, {}).get("item") or {}
        return {**keys, **self.own_keys} if keys and self._is_unconfirmed(role) else keys

    def _is_unconfirmed(self, role: str) -> bool:
        """Whether the keys of an entry are a guess, which the user's settings may correct."""
        return f"{role}.item" in self.fields.get("unconfirmed", ())

    def write_first_frame(self) -> None:
        pointer = self.intent.first_frame
        if pointer is None:
            return
        shared = self.fields.get("same_field", {}).get("first_frame")
        if "first_frame" in self.fields:
            self.draft.body[self.fields["first_frame"]] = self.urls[pointer]
        elif shared:
            self.draft.body[self.fields[shared]["name"]] = self.urls[pointer]
        else:
            self.draft.dropped.append("the first frame")
            self.draft.left_out.add(pointer)

    def write_voices(self) -> None:
        """Bind voices by name; those inside their references' entries are written already."""
        path = self.fields.get("voice", {}).get("bindings")
        for each in self.references:
            url, gone = self.urls.get(each.voice), each.pointer in self.draft.left_out
            if url is None or ("voice" in self._keys(each.role) and not gone):
                continue
            if path and not gone:
                bindings = self.draft.body
                for name in path.split("."):
                    bindings = bindings.setdefault(name, {})
                bindings[f"{each.kind}{each.number}"] = url
            else:
                self.draft.dropped.append(f"the voice of {each.name}")
                self.draft.left_out.add(each.voice)

    def write_parameters(self) -> None:
        for name, value in self.intent.parameters.items():
            table = self.fields["parameters"].get(name)
            if table is None:
                self.draft.dropped.append(f"the parameter `{name}`")
                continue
            native = _native_value(value, table.get("values", {}))
            if table.get("in") == "query":
                self.draft.query[table["name"]] = str(native)
            else:
                self.draft.body[table["name"]] = native


def _native_value(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return names.get(value.strip(), value.strip())
    if isinstance(value, float) and value.is_integer():
        return int(value)  # JSON writers differ: 5.0 is 5
    return value
