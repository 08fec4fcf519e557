"""Readers of films and of the containers they come in."""
