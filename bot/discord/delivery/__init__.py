"""Messages sent to channels, found again, and refused."""
