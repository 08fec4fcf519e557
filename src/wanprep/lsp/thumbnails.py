"""Small images of files, made in a worker process and remembered until the file changes."""

from __future__ import annotations

from dataclasses import field
from threading import Lock
from typing import TYPE_CHECKING

from wanprep.closing import Closing
from wanprep.dataclass import dataclass

if TYPE_CHECKING:
    from wanprep.engines.pool import WorkerPool
    from wanprep.media.cache import Stamp
    from wanprep.media.facts import Facts


@dataclass(slots=True)
class Thumbnails(Closing):
    """Makes one at a time: an editor asks only for that under the pointer."""

    _made: dict[str, tuple[Stamp | None, str | None]] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)
    _pool: WorkerPool | None = None

    def data_uri(self, facts: Facts) -> str | None:
        """Return a small image as a data: URI; None where there is none."""
        from wanprep.media.cache import stamp_of
        from wanprep.report.html.previews import make_thumbnail, preview_pool

        stamp = stamp_of(facts.path)
        with self._making:
            before, uri = self._made.get(facts.path, (None, None))
            if before is None or before != stamp:
                self._pool = self._pool or preview_pool()
                image = make_thumbnail(facts, self._pool)
                uri = f"data:image/{image.kind};base64,{image.base64}" if image else None
                self._made[facts.path] = (stamp, uri)
        return uri

    def close(self) -> None:
        """End the worker."""
        if self._pool:
            self._pool.close()
