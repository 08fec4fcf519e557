"""HTTP with providers: paid requests are sent once, all others are retried."""
