"""Readers of video files and of the containers they come in."""
