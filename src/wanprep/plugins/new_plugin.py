"""Create a plugin to start from: it passes its own tests and `wanprep plugin check`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError, WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPLATE: Final = Path(__file__).with_name("template")
# It becomes part of a package name, a distribution name and environment variables.
_NAME: Final = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


class CannotWrite(WanprepError):
    """The plugin's folder cannot be written."""


def write_plugin(name: str, folder: Path) -> list[Path]:
    """Write all files of a plugin for a new provider, or none if one of them exists."""
    files = {folder / path: text for path, text in _files(check_name(name))}
    for file in files:
        if file.exists() or file.is_symlink():
            raise UsageError(
                f"{visible(str(file))} already exists, and nothing was written: choose another"
                " place with --folder."
            )
    try:
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8", newline="\n") as new:
                new.write(text)
    except OSError as error:
        raise CannotWrite(
            f"{visible(str(folder))} cannot be written: {error.strerror}."
            " Choose another place with --folder."
        ) from error
    return list(files)


def check_name(name: str) -> str:
    """Return the name if a new provider can have it, else raise a UsageError."""
    if name.startswith(("wanprep_", "wanprep-")):
        raise UsageError(
            f"give the provider's name alone, '{visible(name[8:])}': wanprep_ is added to it."
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{visible(name)}' is not a valid name for a provider: use lower-case letters and"
            " digits, with - or _ between them, such as acme or acme-video."
        )
    if name in _existing_providers():
        raise UsageError(f"a plugin for the provider '{name}' already exists. Use another name.")
    return name


def _existing_providers() -> set[str]:
    from wanprep.rules.target import all_targets

    return {target.partition("/")[0] for target in all_targets()}


def package_of(name: str) -> str:
    """Return the name of a provider's package."""
    return f"wanprep_{name.replace('-', '_')}"


def _files(name: str) -> Iterator[tuple[str, str]]:
    """List the plugin's files, with their paths below its folder."""
    package = package_of(name)
    values = {
        "@name@": name,
        "@package@": package,
        "@dist@": package.replace("_", "-"),
        "@class@": name.replace("-", " ").replace("_", " ").title().replace(" ", ""),
        "@title@": name.replace("-", " ").replace("_", " ").title(),
        "@variable@": f"{package.removeprefix('wanprep_').upper()}_API_KEY",
        "@today@": datetime.now(UTC).date().isoformat(),
    }
    for file in sorted(_TEMPLATE.rglob("*.txt")):
        path = file.relative_to(_TEMPLATE).as_posix().removesuffix(".txt")
        text = file.read_text(encoding="utf-8")
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        yield path.replace("package/", f"{package}/"), text
