"""WaveSpeedAI, put together."""

from __future__ import annotations

from typing import Final

from wanprep.plugins.provider import Provider
from wanprep_wavespeed.flows import cancel, poll, submit
from wanprep_wavespeed.lookup import find
from wanprep_wavespeed.uploads import upload

PROVIDER: Final = Provider(
    name="wavespeed", submit=submit, poll=poll, cancel=cancel, upload=upload, find=find
)
