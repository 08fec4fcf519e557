"""Prompt tokens: how a prompt names its references, in every dialect in use."""
