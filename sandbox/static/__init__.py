"""Files for the browser: the frame around the channels, and additions to SimCord's channel page."""
