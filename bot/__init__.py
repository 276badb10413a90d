"""Paperboy: a Discord bot that posts papers from Hugging Face's Daily Papers, by keyword."""

__version__ = "0.1.0"
