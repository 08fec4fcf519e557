"""The hand that mends pictures: Pillow decodes them, LittleCMS converts their colours."""
