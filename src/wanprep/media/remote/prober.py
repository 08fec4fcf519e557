"""Probe URLs: download what the readers ask for, until they have the facts."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import partial
from itertools import chain, islice, repeat
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Final

from wanprep.closing import Closing
from wanprep.media.facts import NOT_DECODED, NOT_REACHED, Facts, extension_format, unreadable_facts
from wanprep.media.remote.download import Changed, RemoteFile
from wanprep.media.remote.requests import Deadline, Requests
from wanprep.media.remote.threads import DaemonThreads
from wanprep.media.remote.version import Probed, Version
from wanprep.media.source import UrlReadError
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from wanprep.media.remote.parts import Parts

_SECONDS: Final = 60.0  # for the headers of one file
# --deep downloads files up to this size, in this time.
DEEP_BYTES: Final = 200 * 2**20
_DEEP_SECONDS: Final = 120.0
# Mostly waiting for servers.
_THREADS: Final = 32
_FIRST: Final = 16  # URLs that are begun before there is a result, and one more with each
_AHEAD: Final = 256  # URLs that are probed or wait for a thread, at most


class UrlProber(Closing):
    """Probes URLs at once, with few requests to each host."""

    def __init__(
        self,
        read_parts: Callable[[str, str, Parts], Facts | tuple[int, int]],
        decode: Callable[[str], Facts] | None = None,
        allow_hosts: Sequence[str] = (),
    ) -> None:
        """Read with functions that get the name of a local file.

        `read_parts` also gets the URL and which parts of the file are there, and returns the
        facts, or which bytes are missing: offset and length.
        """
        self._read_parts = read_parts
        self._decode = decode  # --deep: reads and decodes a local file
        self._requests = Requests(allow_hosts)
        self._threads = DaemonThreads(_THREADS)
        self._folder = TemporaryDirectory(prefix="wanprep-", ignore_cleanup_errors=True)

    def close(self) -> None:
        """Close the connections, and remove what was downloaded."""
        self._threads.close()
        self._requests.close()
        self._folder.cleanup()

    def probe_all(self, urls: Iterable[tuple[str, Probed | None]]) -> Iterator[Probed]:
        """Probe URLs in their order; what is known of one is confirmed by one request."""
        remaining = iter(urls)
        waiting: deque[Future[Probed]] = deque()
        try:
            for window in chain(range(_FIRST, _AHEAD), repeat(_AHEAD)):
                for url, known in islice(remaining, window - len(waiting)):
                    waiting.append(self._threads.submit(partial(self.probe, url, known)))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()

    def probe(self, url: str, known: Probed | None = None) -> Probed:
        """Probe one URL; what fails becomes `problem`."""
        version = known.version if known else Version()
        try:
            with NamedTemporaryFile(dir=self._folder.name, buffering=0) as file:
                remote = RemoteFile(
                    url, file.fileno(), self._requests, Deadline.after(_SECONDS), known=version
                )
                facts = self._facts(url, remote, file.name)
                if known and remote.is_known:
                    return replace(known, is_cached=True)
                if self._decode and facts.readable:
                    facts = self._decoded(facts, remote, file.name)
                facts = replace(facts, content_type=remote.content_type)
                return Probed(facts, remote.version)
        except UrlReadError as error:
            return Probed(unreadable_facts(url, str(error)))
        except (OSError, ValueError) as error:  # no space for it, a header that cannot be sent back
            return Probed(unreadable_facts(url, f"{NOT_REACHED}: {error}"))

    def _facts(self, url: str, remote: RemoteFile, path: str) -> Facts:
        """Read a file; where answers do not fit together, once more from the start."""
        try:
            remote.open()
            return self._read(url, remote, path)
        except Changed:
            pass
        try:
            remote.read_again()
            return self._read(url, remote, path)
        except Changed as error:
            raise UrlReadError(f"{NOT_REACHED}: {error}") from error

    def _read(self, url: str, remote: RemoteFile, path: str) -> Facts:
        if remote.is_known:
            return Facts(path=url)
        while not isinstance(found := self._read_parts(path, url, remote.parts), Facts):
            remote.fetch(*found)
        return found

    def _decoded(self, facts: Facts, remote: RemoteFile, path: str) -> Facts:
        """Download and decode a whole file, if it is not too large."""
        assert self._decode  # noqa: S101 - the caller has checked it
        size, limit = remote.parts.size, file_size(DEEP_BYTES)
        if size > DEEP_BYTES:
            problem = f"{NOT_DECODED}: {file_size(size)}; --deep downloads at most {limit} of a URL"
            return replace(facts, problem=problem)
        if not remote.parts.complete:
            try:
                remote.download_whole(DEEP_BYTES, Deadline.after(_DEEP_SECONDS))
            except UrlReadError as error:
                return replace(facts, problem=f"{NOT_DECODED}: {str(error).partition(': ')[2]}")
        decoded = self._decode(path)
        return replace(decoded, path=facts.path, extension_format=extension_format(facts.path))
