"""Where papers come from: Hugging Face, fetched and parsed."""
