"""What commands answer: the services' values in words. One file a topic."""
