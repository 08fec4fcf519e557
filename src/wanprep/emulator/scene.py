"""What a job wants to see, whatever its provider calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["first_frame", "image", "video", "voice"]
_TITLES: Final[dict[Role, str]] = {
    "first_frame": "First frame",
    "image": "Image",
    "video": "Video",
    "voice": "Voice",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One address in one role."""

    role: Role
    url: str
    number: int = 0  # within its role, from 1; 0 where there can be only one

    @property
    def title(self) -> str:
        """Name it as a prompt would."""
        return f"{_TITLES[self.role]} {self.number or ''}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The references of a job, and the shape of its video."""

    references: tuple[Reference, ...]
    seconds: int
    aspect: str = "16:9"


def numbered(role: Role, urls: list[str]) -> tuple[Reference, ...]:
    """Give the addresses of a list their numbers."""
    return tuple(Reference(role, url, number) for number, url in enumerate(urls, 1))
