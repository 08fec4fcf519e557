"""From facts to findings: pure, without a clock, a disk or a network."""
