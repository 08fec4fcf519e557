"""Signals that end a run, as Ctrl-C does: what is unfinished is removed first."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# SIGHUP arrives when the terminal is closed; Windows has none.
_SIGNALS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def interrupt_on_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGTERM and SIGHUP, in the main thread, so that files are tidied.

    A signal that the process was started to ignore (nohup) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = [each for each in _SIGNALS if signal.getsignal(each) == signal.SIG_DFL]
    for each in handled:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in handled:
            signal.signal(each, signal.SIG_DFL)
