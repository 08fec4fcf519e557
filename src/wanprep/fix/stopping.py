"""Be stopped in one way, however it is asked for: by Ctrl-C, by a scheduler, by a closed window.

Left to itself, Python would end at once, and ffmpeg go on without anybody to wait for it.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# A window that is closed hangs up; not every system knows of that.
_SIGNALS: Final = tuple(
    number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)


@contextmanager
def stopped_like_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt where a request to end would end the process."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen, and only to it Ctrl-C comes
        return
    # Who has told the process not to listen (nohup does) is obeyed.
    heard = [each for each in _SIGNALS if signal.getsignal(each) == signal.SIG_DFL]
    for each in heard:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in heard:
            signal.signal(each, signal.SIG_DFL)
