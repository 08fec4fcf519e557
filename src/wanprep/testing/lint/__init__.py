"""For those who write plugins: a whole one to begin with, and a look at what is wrong with one."""
