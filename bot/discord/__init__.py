"""Our values as Discord wants them, and Discord's errors as ours."""
