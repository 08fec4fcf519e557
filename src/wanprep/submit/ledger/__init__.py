"""The ledger: every paid request, written down before it is sent."""
