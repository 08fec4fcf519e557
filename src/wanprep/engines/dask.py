"""Shards on Dask: a cluster that is started on this machine, or a scheduler that runs already."""

from __future__ import annotations

import logging
import os
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from wanprep.closing import Closing
from wanprep.engines.engine import run_call
from wanprep.errors import UsageError, WanprepError
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NO_PAGE: Final = "127.0.0.1:0"  # Dask has no way to serve none
_SECONDS: Final = 20  # to find a scheduler, and for its first worker
_CONTINUE: Final = (
    "The same command continues where its --results, its receipt or the cache of facts ended."
)


class DaskEngine(Closing):
    """Gives shards to the workers of a Dask cluster."""

    def __init__(self, address: str = "", workers: int | None = None) -> None:
        """Connect to the scheduler at tcp://host:port; without an address, start a cluster."""
        try:
            import distributed
        except ImportError as error:
            raise UsageError("--on dask needs Dask: pip install 'wanprep[dask]'") from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # errors are raised here, too
        self._cluster: Any = None
        self._client: Any = None
        try:
            if not address:
                self._cluster = _start_cluster(workers or os.cpu_count() or 1)
            place = self._cluster or address
            self._client = distributed.Client(place, timeout=_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=_SECONDS)
        except (OSError, ValueError, RuntimeError) as error:
            self.close()
            if not address:
                message = f"no Dask cluster can be started on this machine: {error}"
                raise WanprepError(message) from error
            raise UsageError(
                f"no Dask scheduler with a worker answers at {visible(address)} ({error}). Start"
                " them with `dask scheduler` and `dask worker`, or check the address."
            ) from error

    def map(self, calls: Iterable[str]) -> Iterator[str]:
        """Let the workers run calls; each has the next ones at hand, and no more."""
        waiting: deque[Any] = deque()
        rest = iter(calls)
        try:
            with _errors_explained():
                while True:
                    while len(waiting) < 2 * self._threads() + 1:
                        if (call := next(rest, None)) is None:
                            break
                        waiting.append(self._client.submit(_run, call, pure=False))
                    if not waiting:
                        return
                    yield str(waiting.popleft().result())
        finally:
            with suppress(Exception):  # the scheduler may be gone
                self._client.cancel(list(waiting))

    def _threads(self) -> int:
        """Count the threads of the workers that there are now."""
        if self._client.scheduler is None:
            raise OSError("it closed the connection")
        return max(1, int(sum(self._client.nthreads().values())))

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        for each in (self._client, self._cluster):
            if each is not None:
                with suppress(Exception):  # the scheduler may be gone
                    each.close()


def _start_cluster(workers: int) -> Any:  # noqa: ANN401 - Dask has no types
    import distributed

    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=_NO_PAGE,
        worker_dashboard_address=_NO_PAGE,
        silence_logs=logging.CRITICAL,
    )


def _run(call: str) -> str:
    """Run a call on a Dask worker, with a process for each of its threads."""
    from distributed import get_worker

    return run_call(call, processes=int(get_worker().state.nthreads))


@contextmanager
def _errors_explained() -> Iterator[None]:
    """Turn what Dask raises into errors that say what to do."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    try:
        yield
    except KilledWorker as error:
        raise WanprepError(
            f"several Dask workers ended while they read the same files: {error}. {_CONTINUE}"
        ) from error
    except (CommClosedError, CancelledError, OSError, TimeoutError, RuntimeError) as error:
        raise WanprepError(f"the Dask scheduler is gone ({error}). {_CONTINUE}") from error
    except ImportError as error:
        raise UsageError(
            f"a Dask worker cannot import wanprep ({error}): install the same version of it where"
            " the workers run"
        ) from error
