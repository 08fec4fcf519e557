"""Write a whole plugin to begin with: it passes its own tests and `wanprep plugin check`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wanprep.errors import UsageError, WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPLATE: Final = Path(__file__).with_name("template")
# It becomes the name of a package, of a distribution and of environment variables.
_NAME: Final = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


class CannotWrite(WanprepError):
    """The plugin cannot be written where it was to go."""


@dataclass(frozen=True, slots=True)
class NewPlugin:
    """A plugin to be written, by the name of its provider."""

    name: str

    @property
    def package(self) -> str:
        """Name its package."""
        return f"wanprep_{self.name.replace('-', '_')}"

    def filled(self, text: str) -> str:
        """Put its names in place of a template's marks."""
        words = {
            "@name@": self.name,
            "@package@": self.package,
            "@dist@": self.package.replace("_", "-"),
            "@title@": self.name.replace("-", " ").replace("_", " ").title(),
            "@variable@": f"{self.package.removeprefix('wanprep_').upper()}_API_KEY",
            "@today@": datetime.now(UTC).date().isoformat(),
        }
        for mark, word in words.items():
            text = text.replace(mark, word)
        return text

    def files(self) -> Iterator[tuple[str, str]]:
        """List its files, by their paths below its folder."""
        for file in sorted(_TEMPLATE.rglob("*.txt")):
            path = file.relative_to(_TEMPLATE).as_posix().removesuffix(".txt")
            yield (
                path.replace("package/", f"{self.package}/"),
                self.filled(file.read_text(encoding="utf-8")),
            )


def named(name: str) -> NewPlugin:
    """Take a name that a provider can have and none has."""
    if name.startswith(("wanprep_", "wanprep-")):
        raise UsageError(
            f"the name is the provider's alone: say '{visible(name[8:])}', and the package is"
            " called wanprep_ and that."
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{visible(name)}' cannot name a provider: take small letters and digits, with - or _"
            " between them, such as acme or acme-video."
        )
    if name in _known():
        raise UsageError(f"there is a plugin for the provider '{name}' already. Take another name.")
    return NewPlugin(name)


def _known() -> set[str]:
    """Name the providers whose targets can be found."""
    from wanprep.rules.target import all_targets

    return {target.partition("/")[0] for target in all_targets()}


def write_plugin(plugin: NewPlugin, folder: Path) -> list[Path]:
    """Write all files of a plugin, or none where one of them is there already."""
    files = {folder / path: text for path, text in plugin.files()}
    for file in files:
        if file.exists() or file.is_symlink():
            raise UsageError(
                f"{visible(str(file))} is there already, and nothing is written over. Nothing was"
                " written: name another place with --folder."
            )
    try:
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8", newline="\n") as new:
                new.write(text)
    except OSError as error:
        raise CannotWrite(
            f"{visible(str(folder))} cannot be written into: {error.strerror}."
            " Name another place with --folder."
        ) from error
    return list(files)
