"""Where a file stands in the repository: the only name for it that CI services know."""

from __future__ import annotations

import os
from functools import cache


def path_in_repository(file: str) -> str:
    """Name a file from the root of the repository, or absolutely where it lies outside."""
    path = os.path.abspath(file)
    inside = os.path.relpath(path, _root(os.getcwd()))
    return path if inside.split(os.sep)[0] == os.pardir else inside.replace(os.sep, "/")


@cache
def _root(folder: str) -> str:
    """Find the repository around a folder; without one the folder is the root."""
    above = folder
    while not os.path.exists(os.path.join(above, ".git")):
        if os.path.dirname(above) == above:
            return folder
        above = os.path.dirname(above)
    return above


def utf8_path(path: str) -> str:
    r"""Write a name so that it is valid Unicode: a byte that is no UTF-8 becomes \xe9."""
    return os.fsencode(path).decode(errors="backslashreplace")
