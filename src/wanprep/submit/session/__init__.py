"""Take jobs from submission to result: plan, upload, send once, wait, download."""
