"""Submit checked jobs, each once, and download their results."""
