"""Fix job files in their own text: comments, order and layout stay the author's."""
