"""Readers of audio files."""
