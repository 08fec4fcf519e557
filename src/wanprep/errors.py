"""Errors that stop a command. What is wrong with a file is a finding, not an error."""

from __future__ import annotations

import warnings


class WanprepError(Exception):
    """An error that ends the command; its message says what to do next."""

    exit_code = 2


class UsageError(WanprepError):
    """The command line, or something it names, is wrong."""


class PluginWarning(UserWarning):
    """A plugin, or something that it offers, cannot be used and is left out."""

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(message)
        self.plugin = plugin


def warn_of_plugin(plugin: str, message: str) -> None:
    """Warn that a plugin, or something that it offers, is left out."""
    warnings.warn(PluginWarning(plugin, message), stacklevel=3)
