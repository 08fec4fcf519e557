"""What a server may do beside reading: write below one folder, and spend up to a sum."""

from __future__ import annotations

import os
import threading
from dataclasses import field
from typing import TYPE_CHECKING

from wanprep.dataclass import dataclass
from wanprep.errors import WanprepError
from wanprep.media.facts import is_remote
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable


class Refused(WanprepError):
    """The server was not started for this, or somebody did not agree to it."""


class Allowance:
    """A sum that all submissions of a server together never exceed."""

    def __init__(self, dollars: float) -> None:
        self.total = dollars
        self.sending = threading.Lock()  # held while an order is placed
        self._spent = 0.0
        self._lock = threading.Lock()

    @property
    def spent(self) -> float:
        """What was sent may cost so much, at most."""
        return self._spent

    def require(self, cost: float) -> None:
        """Raise Refused for what would exceed the sum."""
        if round(self._spent + cost, 6) > self.total:  # without the noise of binary fractions
            raise Refused(
                f"this may cost up to {cost:.2f} USD, and {self.total - self._spent:.2f} of the"
                f" {self.total:.2f} USD of --allow-spend are left. Nothing was sent. Choose a"
                " cheaper target with `compare`, or let the user submit it: `wanprep submit`."
            )

    def reserve(self, cost: float) -> None:
        """Count a cost before anything is sent, or raise Refused."""
        with self._lock:
            self.require(cost)
            self._spent += cost

    def release(self, cost: float) -> None:
        """Take back a cost that nobody has to pay."""
        with self._lock:
            self._spent -= cost

    def wait_until_sent(self, seconds: float) -> None:
        """Wait for an order that is being placed: cut off, it would be uncertain."""
        if self.sending.acquire(timeout=seconds):
            self.sending.release()


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the options of `wanprep mcp` allow."""

    write: str | None = None  # the folder
    spend: Allowance | None = None
    folder: str = field(init=False, default="")  # of `write`, without links

    def __post_init__(self) -> None:
        if self.write is not None:
            object.__setattr__(self, "folder", os.path.realpath(self.write))

    def place(self, path: str | None) -> str:
        """Return a folder to write to, or raise Refused for one that is not below --write."""
        if self.write is None:
            raise Refused(
                "this server only reads: nothing was written. Ask the user to start it with"
                " `wanprep mcp --write DIR`; `plan_fix` shows what would be done."
            )
        place = self.write if path is None else path
        if is_remote(place):
            raise Refused(f"{visible(place)} is not a folder. {self._advice()}")
        self.require([os.path.join(place, "x")])
        return place

    def require(self, files: Iterable[str]) -> None:
        """Raise Refused for a file that would be written outside the folder, also by a link."""
        for file in files:
            real = os.path.join(os.path.realpath(os.path.dirname(file)), os.path.basename(file))
            if os.path.commonpath([self.folder, real]) != self.folder:
                raise Refused(
                    f"{visible(os.path.dirname(file))} is outside {visible(self.folder)}: nothing"
                    f" was written. {self._advice()}"
                )

    def _advice(self) -> str:
        return f"Pass a folder below {visible(self.folder)} as `out`, or leave it out."
