"""The HTTP client, which hosts and URLs are safe, and the redaction of secrets."""
