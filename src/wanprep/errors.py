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


def describe_error(error: BaseException) -> str:
    """Return the type and message, and where a plugin's own code raised it or called what did."""
    import sysconfig
    import traceback
    from pathlib import Path

    ours, standard = Path(__file__).parent, Path(sysconfig.get_path("stdlib"))

    def is_of_plugin(file: Path) -> bool:
        is_standard = standard in file.parents and "site-packages" not in file.parts
        return file.suffix == ".py" and ours not in file.parents and not is_standard

    text = f"{type(error).__name__} ({error})" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if is_of_plugin(Path(frame.filename))]
    return f"{text} at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else text
