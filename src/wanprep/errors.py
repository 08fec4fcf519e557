"""Errors that stop a command. What is wrong with a file is a finding, not an error."""

from __future__ import annotations

import warnings


class WanprepError(Exception):
    """An error that ends the command; its message says what to do next.

    A program and an agent have no use for the options of commands: where the next step is one,
    the message is neutral, and `command` names the option.
    """

    exit_code = 2

    def __init__(self, message: str = "", *, command: str = "") -> None:
        super().__init__(message)
        self._command = command

    @property
    def command(self) -> str:
        """The message for users of the command line."""
        return self._command or str(self)


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
