"""Fix what can be fixed with the least damage, and believe it only when judged again."""
