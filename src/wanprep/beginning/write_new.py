"""Write files that are not there yet, and none that is."""

from __future__ import annotations

import os

from wanprep.errors import WanprepError
from wanprep.text import visible


class CannotBegin(WanprepError):
    """A file cannot be written here."""


def write_new(path: str, text: str) -> bool:
    """Write a file, or tell with False that there is one already."""
    if os.path.lexists(path):
        return False
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CannotBegin(
            f"{visible(path)} cannot be written: {error.strerror}."
            " Stand in a folder of your own, or name another file with --job."
        ) from error
    return True
