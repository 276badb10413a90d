"""Blocked channels: noticed, reported, checked again, unblocked."""
