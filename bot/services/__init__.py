"""The use cases, without Discord: the daily run, delivering, subscribing, explaining."""
