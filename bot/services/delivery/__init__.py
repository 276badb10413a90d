"""Posts sent to Discord: the outbox, one attempt, the pace, follow-ups."""
