"""Job files: what the user wants generated, with the line and column of every value."""
