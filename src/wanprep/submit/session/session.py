"""The state of a command that talks to providers: ledger, drivers, rate limits, wakeups.

An emulator on this machine can take the place of all providers, with a ledger that ends with it.
"""

from __future__ import annotations

import os
import sys
import threading
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wanprep.closing import Closing
from wanprep.errors import UsageError
from wanprep.files.state_folder import VARIABLE, state_folder
from wanprep.net.reach import Reach, allowed_hosts
from wanprep.plugins.loading import installed, load_emulators
from wanprep.submit.http.driver import Driver
from wanprep.submit.http.events import listen
from wanprep.submit.http.trace import Trace
from wanprep.submit.ledger.ledger import Ledger
from wanprep.submit.services.service import Pace, Services
from wanprep.submit.session.tasks import RateLimiter, Wakeups

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import ExitStack

    from wanprep.config import Config
    from wanprep.submit.services.service import Service


class Session(Closing):
    """One per command, shared by its threads; a driver is opened when first needed."""

    def __init__(
        self,
        ledger: Ledger,
        services: Services,
        environ: Mapping[str, str],
        *,
        emulated: bool,
        trace: Trace | None = None,
    ) -> None:
        self.trace = trace
        self.ledger = ledger
        self.services = services
        self.environ = environ
        self.emulated = emulated
        self.wakeups = Wakeups()
        self._lock = threading.RLock()
        self._drivers: dict[str, Driver] = {}
        self._limiters: dict[str, RateLimiter] = {}

    def service(self, provider: str) -> Service:
        """Return the properties of a provider."""
        return self.services.service(provider)

    def driver(self, provider: str) -> Driver:
        """Return the driver of a provider; a missing key is a usage error."""
        with self._lock:
            if provider not in self._drivers:
                self._drivers[provider] = Driver(
                    installed().provider(provider),
                    self.service(provider),
                    environ=self.environ,
                    settings=self.services.settings(provider),
                    reach=self._reach(),
                    trace=self.trace,
                )
            return self._drivers[provider]

    def _reach(self) -> Reach:
        """Return which hosts may be connected: with the emulator, this machine alone."""
        if self.emulated:
            return Reach(public=False, loopback=True)
        return Reach(hosts=allowed_hosts(self.environ, self.services.config.allow_hosts))

    def limiter(self, provider: str) -> RateLimiter:
        """Return the rate limiter of a provider."""
        with self._lock:
            if provider not in self._limiters:
                self._limiters[provider] = RateLimiter(self._pace(provider), self.wakeups.stopped)
            return self._limiters[provider]

    def _pace(self, provider: str) -> Pace | None:
        """Return the limits of a new account, or those that the user has set."""
        service, own = self.service(provider), self.services.settings(provider)
        if service.pace is None:
            return None
        # wanprep's own emulator needs no pauses.
        per_minute = sys.maxsize if self.emulated else service.pace.per_minute
        return Pace(own.get("per-minute", per_minute), own.get("at-once", service.pace.at_once))

    def start_listening(self, held: ExitStack) -> None:
        """Open the event streams of the providers that have one; call it before an order."""
        for driver in list(self._drivers.values()):
            if driver.provider.events:
                listener = listen(driver, lambda provider_id, _: self.wakeups.wake(provider_id))
                held.enter_context(listener)

    def close(self) -> None:
        """Close all drivers; the caller closes the ledger."""
        for driver in self._drivers.values():
            driver.close()


def open_session(
    held: ExitStack,
    config: Config,
    environ: Mapping[str, str],
    *,
    emulated: bool = False,
    trace_file: str | None = None,
) -> Session:
    """Open the ledger and a session on it; both are closed with `held`."""
    trace = held.enter_context(Trace(trace_file)) if trace_file else None
    ledger = held.enter_context(Ledger(state_folder(environ)))
    session = Session(ledger, Services(config), environ, emulated=emulated, trace=trace)
    return held.enter_context(session)


def start_emulator(held: ExitStack) -> dict[str, str]:
    """Start an emulator with a state folder of its own, and return the environment for it.

    Both end with `held`.
    """
    from wanprep.emulator import Emulator

    emulator = held.enter_context(Emulator(load_emulators()))
    # Every other base URL in the environment would lead away from the emulator.
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_BASE_URL")}
    return environ | emulator.environment | temporary_state(held)


def temporary_state(held: ExitStack) -> dict[str, str]:
    """Make a state folder that ends with `held`, and return the variable that names it."""
    folder = TemporaryDirectory(prefix="wanprep-state-", ignore_cleanup_errors=True)
    return {VARIABLE: held.enter_context(folder)}


def require_emulators(providers: Iterable[str]) -> None:
    """Refuse providers that cannot be emulated."""
    emulated = {site.name for site in load_emulators()}
    for provider in providers:
        if provider not in emulated:
            problem = installed().broken.get(provider)
            why = f" The plugin {provider} {problem}." if problem else ""
            others = f"{', '.join(sorted(emulated))} can be emulated."
            raise UsageError(
                f"{provider} has no emulator.{why} Choose another target: {others}",
                command=f"{provider} has no emulator.{why} Submit without --emulate, or name"
                f" another target with -t: {others}",
            )
