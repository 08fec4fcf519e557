"""Atomic writes, locks that die with their process, and the state folder."""
