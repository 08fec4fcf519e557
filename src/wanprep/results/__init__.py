"""Results of a check as files: a line for each asset and job, for later runs and other programs."""
