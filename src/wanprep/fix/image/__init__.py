"""Fix images: Pillow decodes them, LittleCMS converts their colours."""
