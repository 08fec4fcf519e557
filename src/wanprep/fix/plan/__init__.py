"""From facts and limits to a plan: pure, without a clock, a disk or a process."""
