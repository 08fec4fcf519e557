"""A provider's documents as data: the schema of its requests, its media limits and defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

    from jsonschema import ValidationError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a body or a file that a document does not allow."""

    place: tuple[str | int, ...]
    keyword: str
    message: str

    @property
    def where(self) -> str:
        """The place as `videos.0`."""
        return ".".join(map(str, self.place))

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.place else self.message


@dataclass(frozen=True, slots=True)
class Document:
    """`request` is the JSON Schema of a body; `media` has one of facts for each role of a file."""

    data: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a document from a JSON file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    @property
    def request(self) -> dict[str, Any]:
        """The schema of a request's body."""
        return dict(self.data["request"])

    def problems(self, part: str, value: object) -> list[Problem]:
        """List what one part of the document, "request" or "media/image", does not allow."""
        from jsonschema import Draft202012Validator

        validator = Draft202012Validator({**self.data, "$ref": f"#/{part}"})
        errors = sorted(validator.iter_errors(value), key=lambda error: [*map(str, error.path)])
        return [
            Problem(tuple(error.absolute_path), str(error.validator), _message(error)[:300])
            for error in errors
        ]

    def with_defaults(self, body: dict[str, Any]) -> dict[str, Any]:
        """Fill in the documented defaults of what a body leaves out."""
        fields = self.request["properties"].items()
        return {name: rule["default"] for name, rule in fields if "default" in rule} | body


def _message(error: ValidationError) -> str:
    schema = cast("dict[str, Any]", error.schema)
    return str(schema["x-says"]) if error.validator == "anyOf" else error.message
