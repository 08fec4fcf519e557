"""Readers of images, still or animated."""
