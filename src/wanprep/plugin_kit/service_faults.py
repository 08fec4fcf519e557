"""What is wrong with a plugin's `provider.json`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from wanprep.plugin_kit.target_faults import form_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wanprep.plugin_kit.target_faults import Told
    from wanprep.submit.provider import Provider


def read_service(file: Path) -> tuple[dict[str, Any] | None, list[Told]]:
    """Read the file, or say what is wrong with its form."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return None, [("", f"it cannot be read as JSON: {error}.")]
    found = form_faults(data, "provider")
    if not found:
        found += _settings_faults(data["settings"])
    return (None if found else data), found


def _settings_faults(settings: Mapping[str, Any]) -> Iterator[Told]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema({"properties": settings})
    except SchemaError as error:
        yield "settings", f"it is no JSON Schema: {error.message}."


def service_faults(data: Mapping[str, Any], package: str) -> Iterator[Told]:
    """Look at what the published schema cannot see."""
    name = str(data["name"])
    if package != f"wanprep_{name.replace('-', '_')}":
        yield "name", f"the provider is '{name}', so the package is to be wanprep_{name}."
    for needed in (data["uploads"] or {}).get("needs", ()):
        if needed not in data["settings"]:
            yield "uploads.needs", f"there is no setting `{needed}` under `settings`."
    try:
        re.compile((data["idempotency"] or {}).get("pattern", ""))
    except re.error as error:
        yield "idempotency.pattern", f"it is no pattern: {error}."


def agreement_faults(data: Mapping[str, Any], provider: Provider) -> Iterator[Told]:
    """Hold what the data says against what the code can do."""
    can = {"cancel": provider.cancel, "find": provider.find, "uploads": provider.upload}
    for key, flow in can.items():
        name = "upload" if key == "uploads" else key
        if data[key] is None and flow is not None:
            yield key, f"it is null, and the code has a flow `{name}`: describe it here."
        if data[key] is not None and flow is None:
            yield key, f"it is described, and the code has no flow `{name}`: make this null."
