"""Answers as people see and press them: pages, buttons, forms, errors."""
