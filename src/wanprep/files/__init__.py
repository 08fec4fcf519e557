"""Atomic writes, what outputs may replace, locks that die with their process, the state folder."""
