"""This process as a sender: others can tell whether it still lives."""

from __future__ import annotations

import os
import threading

from wanprep.closing import Closing
from wanprep.files.locks import SUFFIX, give_back, is_held, sweep, take
from wanprep.files.state_folder import VARIABLE, NoStateFolder
from wanprep.submit.ledger.run import new_id
from wanprep.text import visible


class Sender(Closing):
    """A name that stands for this process, and a lock that ends with it however it ends."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._name = ""
        self._handle: int | None = None
        self._one = threading.Lock()

    @property
    def name(self) -> str:
        """Return the name; only one who really sends takes the lock."""
        with self._one:
            if self._handle is None:
                self._name = new_id()
                self._handle = self._take()
            return self._name

    def _take(self) -> int:
        try:
            sweep(self._folder)
            return take(self._file(self._name))
        except OSError as error:
            raise NoStateFolder(
                f"the folder {visible(self._folder)}, where runs are remembered, cannot be written:"
                f" {error.strerror}. Make room there, or name another folder in {VARIABLE}."
            ) from error

    def lives(self, name: str) -> bool:
        """Tell whether some sender is still there."""
        return is_held(self._file(name))

    def close(self) -> None:
        """Send no more. What was still being sent is uncertain from now on."""
        with self._one:
            if self._handle is not None:
                give_back(self._file(self._name), self._handle)
                self._handle = None

    def _file(self, name: str) -> str:
        return os.path.join(self._folder, f"sender-{name}{SUFFIX}")
