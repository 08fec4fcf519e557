"""The hand that fixes images: Pillow decodes them, LittleCMS converts their colours."""
