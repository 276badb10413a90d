"""Everything that depends on discord.py: our values for Discord, and Discord's errors for us."""
