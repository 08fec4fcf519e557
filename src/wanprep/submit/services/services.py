"""What is known of each provider, and what the configuration says to it; read when needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from wanprep.submit.services.service import load_service

if TYPE_CHECKING:
    from wanprep.config import Config
    from wanprep.submit.provider import Settings
    from wanprep.submit.services.service import Service


class Services:
    """The services below one configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.service = cache(self._service)

    def settings(self, provider: str) -> Settings:
        """Read [providers.NAME], held against what may stand there."""
        return self.service(provider).checked_settings(self.config.providers.get(provider, {}))

    def _service(self, provider: str) -> Service:
        return load_service(provider, self.config.target_folders)
