"""Fix media and jobs with the least loss, and check every result before it is delivered."""
