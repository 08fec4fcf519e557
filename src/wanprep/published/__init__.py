"""A provider's published schema becomes a proposed target, or is compared with the target."""
