"""Propose a target of what a provider publishes, and list what a person must still read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wanprep.dataclass import dataclass
from wanprep.job.roles import common_roles
from wanprep.published.mapping import items_of, map_fields, url_key, voice_key
from wanprep.published.prose import limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wanprep.published.mapping import Mapped
    from wanprep.published.prose import ProseLimit
    from wanprep.published.read import Published

NO_PAGE: Final = "https://example.com/docs"  # which `plugin check` lists as to be replaced
_RULES: Final[Mapping[str, Mapping[str, str]]] = {
    "image": {"min": "image-too-small", "max": "image-too-large"},
    "video": {"min": "video-too-small", "max": "video-too-large"},
}
_FORMATS: Final = {
    "image": frozenset({"jpeg", "png", "webp", "bmp", "gif", "tiff", "heic", "avif"}),
    "video": frozenset({"mp4", "mov", "webm", "avi", "mkv", "gif"}),
    "audio": frozenset({"wav", "mp3", "m4a", "aac", "flac", "ogg"}),
}
_UNSUPPORTED: Final = {
    "reference_image": ("reference-kind-unsupported", "an image"),
    "reference_video": ("reference-kind-unsupported", "a video"),
    "first_frame": ("first-frame-unsupported", "a first frame"),
    "voice": ("voice-unsupported", "a voice"),
}
_KEYWORDS: Final = ("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
                    "multipleOf", "pattern", "maxLength", "minLength")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A target and the request schema beside it."""

    target: dict[str, Any]
    request: dict[str, Any]
    to_read: tuple[str, ...]  # sentences: what a person must still look at

    @property
    def model(self) -> str:
        """The part of the id after the slash: the name of the target's file."""
        return str(self.target["id"]).partition("/")[2]

    def files(self) -> dict[str, str]:
        """Write both files, by name."""
        return {
            f"{self.model}.json": _text(self.target),
            f"{self.model}-request.schema.json": _text(self.request),
        }


def _text(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def propose(published: Published, name: str) -> Proposal:
    """Propose a target; `name` is PROVIDER/MODEL, or PROVIDER alone."""
    provider, _, model = name.partition("/")
    model = model or _model_name(published.model)
    writer = _Writer(published, map_fields(published.request))
    title = provider.replace("-", " ").replace("_", " ").title()
    request = _request_schema(published, f"{title}: a request for {published.model or model}")
    target = {
        "id": f"{provider}/{model}",
        "title": f"{title}: {published.model or model}",
        "summary": "Proposed from the provider's published schema.",
        "docs": [published.docs or NO_PAGE],
        "roles": writer.roles(),
        "job": writer.job(),
        "fields": writer.fields(),
        "unknown_key": writer.note("parameter-unknown", "no such field is published"),
        "request": f"{model}-request",
        "model": published.model or model,
        "price": {
            "look": "The provider publishes its prices on its own pages.",
            "x-source": writer.source("the published schema has no price", "inferred"),
        },
        "unchecked": ["Whether moderation accepts the prompt and the media."],
    }
    return Proposal(target, request, tuple(writer.to_read()))


def _model_name(model: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", model.lower()).strip("-._") or "model"


def _request_schema(published: Published, title: str) -> dict[str, Any]:
    """Write the schema of a request, without rules of files, which JSON Schema lacks."""

    def plain(schema: Any) -> Any:  # noqa: ANN401 - JSON
        match schema:
            case dict():
                return {key: plain(each) for key, each in schema.items() if key != "validations"}
            case list():
                return [plain(each) for each in schema]
        return schema

    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | {key: each for key, each in plain(published.request).items() if key != "title"}


class _Writer:
    def __init__(self, published: Published, mapped: Mapped) -> None:
        self.published = published
        self.mapped = mapped
        self.properties: Mapping[str, Any] = published.request["properties"]
        self.required = set(published.request.get("required", ()))
        self.today = datetime.now(UTC).date().isoformat()

    def source(self, says: str, confidence: str) -> dict[str, str]:
        return {
            "doc": self.published.docs or NO_PAGE,
            "says": says.rstrip(". ") or "see the published schema",
            "checked": self.today,
            "confidence": confidence,
        }

    def note(self, rule: str, says: str, confidence: str = "inferred") -> dict[str, Any]:
        source = self.source(says, confidence)
        return {"x-rule": rule, "x-severity": "warning", "x-source": source}

    def limit(self, rule: object, says: str, *, documented: bool = True) -> dict[str, Any]:
        return {
            "x-rule": rule,
            "x-severity": "error" if documented else "warning",
            "x-source": self.source(says, "documented" if documented else "proposed"),
        }

    def roles(self) -> dict[str, Any]:
        return {
            role: self._role(role) if self._has(role) else self._unsupported(role)
            for role in dict.fromkeys([*_UNSUPPORTED, *self.mapped.media])
        }

    def _has(self, role: str) -> bool:
        return role in self.mapped.media or (role == "voice" and self._voice_in_item())

    def _voice_in_item(self) -> bool:
        names = (self.mapped.media.get(each) for each in ("reference_image", "reference_video"))
        return any(name and voice_key(self._entry(name) or {}) for name in names)

    def _entry(self, name: str) -> Mapping[str, Any] | None:
        entry = items_of(self.properties[name])
        is_object = isinstance(entry, dict) and url_key(entry) is not None
        return entry if is_object else None

    def _unsupported(self, role: str) -> dict[str, Any]:
        rule, words = _UNSUPPORTED[role]
        return {"not": {}} | self.note(rule, f"there is no field for {words}")

    def _role(self, role: str) -> dict[str, Any]:
        if role == "voice":
            return {}
        about, properties = common_roles()[role], dict[str, Any]()
        kind = about.kind
        if about.is_reference:
            article = "a" if kind == "video" else "an"
            rule = self.limit("reference-kind-unsupported", f"{article} {kind} is expected")
            properties["kind"] = {"enum": [kind, "other"]} | rule
        by_fact: dict[str, list[ProseLimit]] = {}
        for each in self._limits(self.mapped.media[role]):
            by_fact.setdefault(each.fact, []).append(each)
        for fact, limits in by_fact.items():
            if rules := _rules_of(fact, kind):
                properties |= {fact: self._bounds(limits, rules, kind)} if limits else {}
        return {"properties": properties}

    def _limits(self, name: str) -> list[ProseLimit]:
        return limits_of(self.properties[name])

    def _bounds(
        self, limits: Sequence[ProseLimit], rules: Mapping[str, str], kind: str
    ) -> dict[str, Any]:
        bounds: dict[str, Any] = {}
        for each in limits:
            value = each.value
            if each.keyword == "enum":
                value = [name for name in value if name in _FORMATS[kind]] or value
            bounds[each.keyword] = value
        names = {keyword: rules[_side(keyword)] for keyword in bounds}
        rule = next(iter(names.values())) if len(set(names.values())) == 1 else names
        says = "; ".join(dict.fromkeys(each.says for each in limits))
        return bounds | self.limit(rule, says, documented=all(each.documented for each in limits))

    def job(self) -> dict[str, Any]:
        job: dict[str, Any] = {"properties": dict(self._job_parts())}
        if "prompt" in self.required:
            job |= {"required": ["prompt"]} | self.limit("prompt-missing", "prompt is required")
        return job

    def _job_parts(self) -> Iterator[tuple[str, Any]]:
        for name in self.mapped.prompts:
            rule = f"{name.replace('_', '-')}-too-long"
            if length := self._prompt_length(name, rule):
                yield name, {"properties": {"length": length}}
        for role in common_roles().references().values():
            field, part = self.mapped.media.get(role.name), f"{role.kind}s"
            if field and (most := self._most(field)):
                says = f"at most {most} {part}"
                yield part, {"maximum": most} | self.limit(f"too-many-{part}", says)
        if self.required & {self.mapped.media.get("reference_image"),
                            self.mapped.media.get("reference_video")}:  # fmt: skip
            yield (
                "references",
                {"minItems": 1}
                | self.limit("references-missing", "at least one reference is required"),
            )
        parameters = dict(self._parameters())
        if parameters:
            yield "parameters", {"properties": parameters}

    def _most(self, name: str) -> int | None:
        schema = self.properties[name]
        return schema.get("maxItems") if items_of(schema) is not None else 1

    def _prompt_length(self, name: str, rule: str) -> dict[str, Any] | None:
        schema = self.properties[name]
        if "maxLength" in schema:
            most = schema["maxLength"]
            return {"maximum": most} | self.limit(rule, f"at most {most} characters")
        found = [each for each in limits_of(schema) if each.fact == "prompt"]
        return {found[0].keyword: found[0].value} | self.limit(
            rule, found[0].says, documented=False
        ) if found else None  # fmt: skip

    def _parameters(self) -> Iterator[tuple[str, Any]]:
        for ours, name in self.mapped.parameters.items():
            schema = self.properties[name]
            bounds = {key: schema[key] for key in _KEYWORDS if key in schema}
            if isinstance(bounds.get("type"), list):
                del bounds["type"]
            if "enum" in bounds:
                values = [each for each in bounds["enum"] if each is not None]
                bounds = {"enum": [_ours(each) for each in values]}
            if bounds:
                yield ours, bounds | self.limit("parameter-invalid", _says(name, schema))

    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = dict(self.mapped.prompts)
        fields["roles"] = {role: self._slot(name) for role, name in self.mapped.media.items()}
        fields["parameters"] = {
            ours: {"name": name} | self._values(name)
            for ours, name in self.mapped.parameters.items()
        }
        return fields | ({"constants": self.mapped.constants} if self.mapped.constants else {})

    def _slot(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Write where the files of a role are, as targets do."""
        path = name if items_of(self.properties[name]) is None else f"{name}[]"
        entry = self._entry(name)
        if entry is None:
            return path
        voice = voice_key(entry)
        return {path: {url_key(entry) or "url": "$url"} | ({voice: "$voice"} if voice else {})}

    def _values(self, name: str) -> dict[str, Any]:
        strings = [each for each in self.properties[name].get("enum", ()) if isinstance(each, str)]
        if all(each == each.lower() for each in strings):
            return {}
        return {"values": {each.lower(): each for each in strings}}

    def to_read(self) -> Iterator[str]:
        """List what a person must look at, the fields first."""
        for name, why in self.mapped.unmapped.items():
            yield f"{name}: {why}"
        for role, name in self.mapped.media.items():
            for each in self._limits(name):
                if each.fact.startswith("total "):
                    yield f"{name}: of all files together, write it under job.totals: {each.says}"
                elif not _rules_of(each.fact, common_roles()[role].kind):
                    yield f"{name}: no rule limits {each.fact}: {each.says}"
                elif not each.documented:
                    value = f"{each.keyword} {each.value}"
                    yield f"{name}: {each.fact} {value} is proposed from: {each.says}"
        for role, name in self.mapped.media.items():
            if not any(each.fact == "format" for each in self._limits(name)):
                yield f"{name}: no formats are published for {role.replace('_', ' ')}"
        for name in sorted(self.required - self._sent()):
            yield f"{name}: required, but no job sets it: add it under fields.constants"
        if not self.published.docs:
            yield f"docs: the file names no page; replace {NO_PAGE}"

    def _sent(self) -> set[str]:
        mapped = self.mapped
        return {*mapped.prompts, *mapped.media.values(), *mapped.parameters.values(),
                *mapped.constants}  # fmt: skip


def _ours(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _says(name: str, schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return f"{name}: {', '.join(str(each) for each in schema['enum'])}"
    bounds = (f"{key} {schema[key]}" for key in _KEYWORDS[2:] if key in schema)
    return f"{name}: {', '.join(bounds) or schema.get('type', 'any value')}"


def _side(keyword: str) -> str:
    return "max" if keyword.lower().endswith("maximum") else "min"


def _rules_of(fact: str, kind: str) -> Mapping[str, str] | None:
    """Return the rules of a fact, for its lower and its upper bound."""
    match fact:
        case "width" | "height" if kind in _RULES:
            return _RULES[kind]
        case "bytes":
            return {"min": "file-too-large", "max": "file-too-large"}
        case "aspect":
            return {"min": "aspect-out-of-range", "max": "aspect-out-of-range"}
        case "format":
            return {"min": "format-unsupported"}
        case "duration" if kind in {"video", "audio"}:
            return {"min": f"{kind}-too-short", "max": f"{kind}-too-long"}
    return None
