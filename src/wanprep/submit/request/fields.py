"""Write a job into a service's own fields, by the table of fields in its target."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from wanprep.dataclass import dataclass
from wanprep.job.roles import VOICE
from wanprep.pointers import below, parent
from wanprep.rules.native_values import to_native
from wanprep.rules.slots import NAME, URL, slot_of, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.job.model import Asset
    from wanprep.plugins.provider import Settings
    from wanprep.rules.intent import Intent
    from wanprep.rules.slots import Slot


@dataclass(slots=True)
class Draft:
    """An unfinished request, and what the target has no field for."""

    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)  # in words
    left_out: set[str] = field(default_factory=set)  # pointers of files
    unconfirmed: list[str] = field(default_factory=list)


def write_fields(
    intent: Intent, fields: Mapping[str, Any], urls: Mapping[str, str], settings: Settings
) -> Draft:
    """Write everything that a job states, and nothing else; `urls` are those of its files."""
    writer = _Writer(intent, fields, urls, settings)
    writer.write_constants()
    writer.write_prompts()
    writer.write_media()
    writer.write_voices()
    writer.write_parameters()
    return writer.draft


class _Writer:
    def __init__(
        self, intent: Intent, fields: Mapping[str, Any], urls: Mapping[str, str], settings: Settings
    ) -> None:
        self.intent = intent
        self.fields = fields
        self.urls = urls
        self.own_keys: Mapping[str, str] = settings.get("item", {})
        self.draft = Draft()
        self.names: dict[str, str] = {}  # of references, as the prompt has them, by pointer
        self.own_names: dict[str, str] = {}  # by pointer, too
        for reference in intent.references:
            kind = reference.name.capitalize()
            number = 1 + sum(name.startswith(f"{kind} ") for name in self.names.values())
            self.names[reference.pointer] = f"{kind} {number}"
            own = reference.own_name
            self.own_names[reference.pointer] = own.text if own else f"{reference.name}{number}"

    def write_constants(self) -> None:
        for path, value in self.fields.get("constants", {}).items():
            write(self.draft.body, slot_of({path: value}), {})

    def write_prompts(self) -> None:
        prompts = {"prompt": self.intent.prompt, "negative_prompt": self.intent.negative_prompt}
        for name, prompt in prompts.items():
            if prompt and name in self.fields:
                value = f"${name}"
                write(self.draft.body, slot_of(self.fields[name], value), {value: prompt.text})
            elif prompt:
                self.draft.dropped.append(f"the {name.replace('_', ' ')}")

    def write_media(self) -> None:
        """Write all files but voices; a field for one gets the last, and the final check sees it.

        The roles come in the order of the table where each has a field of its own.
        """
        slots = {role: self._slot(role) for role in self.fields.get("roles", {})}
        paths = list(dict.fromkeys(slot.path for slot in slots.values()))
        assets = [each for each in self.intent.assets if each.role != VOICE]
        for asset in assets:
            if asset.role not in slots:
                self.draft.dropped.append(self._name(asset))
                self.draft.left_out.add(asset.pointer)
        written = [each for each in assets if each.role in slots]
        for asset in sorted(written, key=lambda each: paths.index(slots[each.role].path)):
            self._write_file(asset, slots[asset.role])

    def _slot(self, role: str) -> Slot:
        slot = slot_of(self.fields["roles"][role])
        return slot.with_keys(self.own_keys) if self._is_unconfirmed(role) else slot

    def _is_unconfirmed(self, role: str) -> bool:
        """Whether the keys of an entry are a guess, which the user's settings may correct."""
        return f"roles.{role}" in self.fields.get("unconfirmed", ())

    def _write_file(self, asset: Asset, slot: Slot) -> None:
        voice = self.urls.get(_voice_of(asset.pointer))
        name = self.own_names.get(asset.pointer)
        values = {URL: self.urls[asset.pointer]}
        values |= {"$voice": voice} if voice else {}
        values |= {NAME: name} if name else {}
        write(self.draft.body, slot, values)
        if self._is_unconfirmed(asset.role):
            keys = [key for key in map(slot.key_of, values) if key]
            guessed = [key for key in keys if key not in self.own_keys.values()]
            places = [f"{slot.written}.{key}" for key in guessed]
            new = (each for each in places if each not in self.draft.unconfirmed)
            self.draft.unconfirmed += new

    def _name(self, asset: Asset) -> str:
        """Name a file as the prompt does, or by its role."""
        name = self.names.get(asset.pointer)
        return name or f"the {self.intent.roles[asset.role].title}"

    def write_voices(self) -> None:
        """Bind voices by name; those inside their references' entries are written already."""
        path = self.fields.get("voices", {}).get("bindings")
        for reference in self.intent.references:
            at, gone = reference.pointer, reference.pointer in self.draft.left_out
            url = self.urls.get(_voice_of(at))
            if url is None or (not gone and self._slot(reference.role).key_of("$voice")):
                continue
            if path and not gone:
                name = self.names[at].replace(" ", "").lower()
                write(self.draft.body, slot_of(f"{path}.{name}"), {URL: url})
            else:
                self.draft.dropped.append(f"the voice of {self.names[at]}")
                self.draft.left_out.add(_voice_of(at))

    def write_parameters(self) -> None:
        for name, value in self.intent.parameters.items():
            table = self.fields["parameters"].get(name)
            if table is None:
                self.draft.dropped.append(f"the parameter `{name}`")
            elif table.get("in") == "query":
                self.draft.query[table["name"]] = str(to_native(value, table))
            else:
                write(self.draft.body, slot_of(table["name"]), {URL: to_native(value, table)})


def _voice_of(pointer: str) -> str:
    """Return the pointer of a reference's voice, in a job that is not a native body."""
    return below(parent(pointer), VOICE)
