"""EvoLink, put together: it has no way to cancel, and tells of nothing by itself."""

from __future__ import annotations

from typing import Final

from wanprep.plugins.provider import Provider
from wanprep_evolink.flows import poll, submit
from wanprep_evolink.lookup import find
from wanprep_evolink.uploads import upload

PROVIDER: Final = Provider(name="evolink", submit=submit, poll=poll, upload=upload, find=find)
