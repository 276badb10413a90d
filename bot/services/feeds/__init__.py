"""Feeds and subscriptions: made, changed and removed."""
