"""The ledger, which records every paid request before it is sent."""
