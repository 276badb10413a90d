"""Alembic's revisions of the store; `bot.store.migration` runs them at start."""
