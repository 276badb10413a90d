"""The port for health checks and metrics, and what is measured there."""
