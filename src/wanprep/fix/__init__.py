"""Mend what can be mended with the least damage, and believe it only when judged again."""
