"""RunComfy, put together: it lists no requests, so that a lost one cannot be looked for."""

from __future__ import annotations

from typing import Final

from wanprep.plugins.provider import Provider
from wanprep_runcomfy.data_uris import upload
from wanprep_runcomfy.flows import cancel, poll, submit

PROVIDER: Final = Provider(name="runcomfy", submit=submit, poll=poll, cancel=cancel, upload=upload)
