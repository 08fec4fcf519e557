"""Plan fixes from facts and limits, without disk access or processes."""
