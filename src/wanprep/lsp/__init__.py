"""The language server: the same check in an editor, while a job is being written."""
