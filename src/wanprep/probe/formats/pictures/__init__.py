"""Readers of pictures, still or animated."""
