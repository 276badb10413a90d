"""Tests that read the Dockerfile and compose.yaml."""
