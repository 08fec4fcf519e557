"""Submit jobs from plan to result: upload, send once, wait, download."""
