"""Requests and gateway connections to Discord."""
