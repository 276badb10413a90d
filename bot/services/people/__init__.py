"""What is kept about people: showing it to them, and deleting it."""
