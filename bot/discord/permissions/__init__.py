"""What a person and the bot may see and do in a channel."""
