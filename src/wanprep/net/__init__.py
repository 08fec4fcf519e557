"""What may leave this machine, where to, and what is never shown of it."""
