"""The image and compose.yaml, read and carried out without an engine."""
