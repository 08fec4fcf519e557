"""Oxen.ai, put together."""

from __future__ import annotations

from typing import Final

from wanprep.plugins.provider import Provider
from wanprep_oxen.events import EVENTS
from wanprep_oxen.flows import cancel, poll, submit
from wanprep_oxen.lookup import find
from wanprep_oxen.uploads import upload

PROVIDER: Final = Provider(
    name="oxen",
    submit=submit,
    poll=poll,
    cancel=cancel,
    upload=upload,
    find=find,
    events=EVENTS,
)
