"""Paperboy: Hugging Face's Daily Papers, in the Discord channels that asked for them."""

__version__ = "0.1.0"
