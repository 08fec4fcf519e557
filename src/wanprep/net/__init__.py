"""Which hosts and URLs are safe, and the redaction of secrets."""
