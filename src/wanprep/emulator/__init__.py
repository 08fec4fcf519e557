"""Providers emulated on this machine: what a plugin needs to emulate its own.

A plugin's sites are written from the provider's documents alone and share no code with its
flows, or the two would only agree with themselves. Nothing leaves the machine: URLs that lead
elsewhere are not fetched, and no webhook or callback is called.
"""

from __future__ import annotations

from wanprep.emulator.emulator import Emulator, State
from wanprep.emulator.jobs import ENDED, Failure, Job
from wanprep.emulator.messages import (
    KEY,
    HttpError,
    Reply,
    Request,
    Route,
    Site,
    Stream,
    iso_time,
    json_reply,
    page_of,
)
from wanprep.emulator.references import (
    Document,
    Reference,
    fetch,
    is_callback_allowed,
    numbered,
    url_problem,
)
from wanprep.emulator.renderer import VideoSpec, accept_job, draw_card
from wanprep.emulator.uploads import Upload

__all__ = [
    "ENDED",
    "KEY",
    "Document",
    "Emulator",
    "Failure",
    "HttpError",
    "Job",
    "Reference",
    "Reply",
    "Request",
    "Route",
    "Site",
    "State",
    "Stream",
    "Upload",
    "VideoSpec",
    "accept_job",
    "draw_card",
    "fetch",
    "is_callback_allowed",
    "iso_time",
    "json_reply",
    "numbered",
    "page_of",
    "url_problem",
]
