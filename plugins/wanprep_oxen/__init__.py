"""Oxen.ai: Wan 2.7 reference to video."""
