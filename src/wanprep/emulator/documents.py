"""The providers' own words, copied from their documents: request schemas and media limits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from jsonschema import ValidationError

_FOLDER: Final = Path(__file__).parent / "documents"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a body or a file."""

    place: tuple[str | int, ...]
    keyword: str
    message: str

    @property
    def where(self) -> str:
        """Name the place as `videos.0`."""
        return ".".join(map(str, self.place))

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.place else self.message


@cache
def document(name: str) -> dict[str, Any]:
    """Return a document: `request` is the body's schema, `media` holds one of facts per role."""
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def complaints(name: str, part: str, data: object) -> list[Complaint]:
    """Tell all that one part of a document, "request" or "media/image", does not allow."""
    from jsonschema import Draft202012Validator

    schema = {**document(name), "$ref": f"#/{part}"}
    errors = sorted(
        Draft202012Validator(schema).iter_errors(data), key=lambda error: [*map(str, error.path)]
    )
    return [
        Complaint(tuple(error.absolute_path), str(error.validator), _says(error)[:300])
        for error in errors
    ]


def with_defaults(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Fill in what a document says a provider takes when nothing is said."""
    properties = document(name)["request"]["properties"].items()
    return {key: rule["default"] for key, rule in properties if "default" in rule} | body


def _says(error: ValidationError) -> str:
    known = cast("dict[str, Any]", error.schema)
    return str(known["x-says"]) if error.validator == "anyOf" else error.message
