"""What the browser loads: the frame around the channels, and what a channel's page gets on top."""
