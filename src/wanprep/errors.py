"""What stops a run, as opposed to what is merely found in a file."""

from __future__ import annotations


class WanprepError(Exception):
    """A fault that ends the command; its message says what to do next."""

    exit_code = 2


class UsageError(WanprepError):
    """The command line, or what it names, is not what the user can have meant."""
