"""What a command needs at hand to deal with providers; each thing is made when first needed."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from wanprep.closing import Closing
from wanprep.plugins.loading import installed
from wanprep.submit.http.driver import Driver
from wanprep.submit.http.events import listen
from wanprep.submit.services.service import Pace
from wanprep.submit.session.wakeups import Gate, Wakeups

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

    from wanprep.submit.ledger.ledger import Ledger
    from wanprep.submit.services.service import Service, Services


class Session(Closing):
    """The ledger, and one line to each provider, for all threads of a command."""

    def __init__(
        self, ledger: Ledger, services: Services, environ: Mapping[str, str], *, emulated: bool
    ) -> None:
        self.ledger = ledger
        self.services = services
        self.environ = environ
        self._emulated = emulated
        self.wakeups = Wakeups()
        self._lock = threading.RLock()
        self._drivers: dict[str, Driver] = {}
        self._gates: dict[str, Gate] = {}

    def service(self, provider: str) -> Service:
        """Tell what is known of a provider."""
        return self.services.service(provider)

    def driver(self, provider: str) -> Driver:
        """Open the line to a provider; without a key that is wrong use."""
        with self._lock:
            if provider not in self._drivers:
                self._drivers[provider] = Driver(
                    installed().provider(provider),
                    self.service(provider),
                    environ=self.environ,
                    settings=self.services.settings(provider),
                )
            return self._drivers[provider]

    def gate(self, provider: str) -> Gate:
        """Find the gate that keeps a provider's pace."""
        with self._lock:
            if provider not in self._gates:
                self._gates[provider] = Gate(self._pace(provider))
            return self._gates[provider]

    def _pace(self, provider: str) -> Pace | None:
        """Keep to what a new account may do, or to what the user says that his may."""
        service, own = self.service(provider), self.services.settings(provider)
        if service.pace is None:
            return None
        # An emulator of our own counts no minutes, and nobody wants to wait for it.
        usual = sys.maxsize if self._emulated else service.pace.per_minute
        return Pace(own.get("per-minute", usual), own.get("at-once", service.pace.at_once))

    def listen(self, held: ExitStack) -> None:
        """Be told by those providers that tell, before anything is ordered: else ask."""
        for driver in list(self._drivers.values()):
            if driver.provider.events:
                listener = listen(driver, lambda provider_id, _: self.wakeups.ring(provider_id))
                held.enter_context(listener)

    def close(self) -> None:
        """Let go of all lines; the ledger belongs to whoever opened it."""
        for driver in self._drivers.values():
            driver.close()
