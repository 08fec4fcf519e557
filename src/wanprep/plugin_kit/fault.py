"""What is wrong with a plugin: where, and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    file: str  # below the plugin's package: targets/clips.json
    place: str  # in the file, in dots: roles.voice; empty for the whole
    message: str  # a sentence that says what to do

    def __str__(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.message}"
