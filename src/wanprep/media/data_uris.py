"""Probe the files that are written inside of jobs, as data: URIs.

They are small, since a job file is: see `MAX_BYTES` of job/documents.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from wanprep.media.facts import unreadable_facts
from wanprep.media.workers import PARTS_TASK, facts_of, probe_pool, report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wanprep.engines.pool import WorkerPool
    from wanprep.media.facts import Facts


def probe_data_uris(uris: Mapping[str, str]) -> Iterator[Facts]:
    """Probe data: URIs by the names to report, each in a worker process, from a temporary file."""
    with TemporaryDirectory(prefix="wanprep-data-") as folder, probe_pool(workers=1) as pool:
        for name, uri in uris.items():
            facts = _probe(name, uri, Path(folder, "content"), pool)
            report(facts)
            yield facts


def _probe(name: str, uri: str, file: Path, pool: WorkerPool) -> Facts:
    head, _, content = uri.partition(",")
    try:
        file.write_bytes(_decoded(head, content))
    except (binascii.Error, ValueError) as error:
        return unreadable_facts(name, f"damaged: its base64 cannot be decoded ({error})")
    size = file.stat().st_size
    outcome = pool.run(PARTS_TASK, str(file), name, size, [(0, size)])
    facts = facts_of(name, outcome["facts"] if isinstance(outcome, dict) else outcome)
    return replace(facts, content_type=head[5:].partition(";")[0].lower() or None)


def _decoded(head: str, content: str) -> bytes:
    if head.lower().endswith(";base64"):
        return base64.b64decode("".join(content.split()), validate=True)
    return unquote_to_bytes(content)
