"""Readers of sounds."""
