"""What a client may set, and what follows from its name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

# These show the data: URI of a thumbnail as text.
_WITHOUT_IMAGES: Final = ("neovim", "nvim", "vim", "helix", "emacs", "eglot", "kakoune", "kak")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a client may set, as `initializationOptions` or in a section `wanprep`."""

    check_urls_on_save: bool = False
    thumbnails: bool = True

    def updated(self, values: Any) -> Settings:  # noqa: ANN401 - JSON
        """Take over the values that are set; anything else in there is ignored."""
        values = values.get("wanprep", values) if isinstance(values, dict) else None
        values = values if isinstance(values, dict) else {}
        names = {"checkUrlsOnSave": "check_urls_on_save", "thumbnails": "thumbnails"}
        found = {names[key]: value for key, value in values.items()
                 if key in names and isinstance(value, bool)}  # fmt: skip
        return replace(self, **found)


def settings_for(client: str, values: object) -> Settings:
    """Return the settings of a client at its start."""
    is_terminal = any(name in client.lower() for name in _WITHOUT_IMAGES)
    return Settings(thumbnails=not is_terminal).updated(values)
