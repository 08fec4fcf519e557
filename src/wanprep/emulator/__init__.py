"""All five endpoints on this machine: written from the providers' documents alone.

It shares no code with the plugins, or the two would only agree with themselves. Nothing leaves
the machine: what a job names elsewhere is not fetched, and no webhook or callback is called.
"""

from __future__ import annotations

from wanprep.emulator.running import KEY, Emulator, emulate

__all__ = ["KEY", "Emulator", "emulate"]
