"""Rules and targets, and judging facts by them: no clock, no disk, no network."""
