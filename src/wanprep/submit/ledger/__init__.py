"""What was sent, written down before it leaves."""
