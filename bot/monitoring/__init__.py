"""The port for health checks and metrics, and what is measured there.

- Other code reports events to `bot.telemetry` and doesn't know Prometheus. Without `HEALTH_PORT`, nothing is
  counted.
- The current state (pending posts, blocked feeds, shards, the last run) is queried on request, in one SELECT
  at most every five seconds.
- All labels are closed sets: our enums, HTTP status classes, shards, and the existing commands.
- Health is judged by results: shards with a session (discord.py's `is_ready` stays true after a disconnect),
  the time since the last run by a monotonic clock, and a write to the database, which runs in its own task so
  that it can't block requests. If Hugging Face is unavailable, the status is degraded, not failing, because a
  restart would not help.
- The port opens before the database and closes after it, so that startup and shutdown are visible.
"""
