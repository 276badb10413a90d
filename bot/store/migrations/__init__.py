"""Alembic's revisions of the store; `bot.store.migrating` runs them at start."""
