"""Errors that stop a command. What is wrong with a file is a finding, not an error."""

from __future__ import annotations


class WanprepError(Exception):
    """An error that ends the command; its message says what to do next."""

    exit_code = 2


class UsageError(WanprepError):
    """The command line, or something it names, is wrong."""
