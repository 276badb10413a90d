"""Text as words: what counts as a word, singular and plural, simple LaTeX."""
