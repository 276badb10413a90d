"""Words: tokenizing, singular and plural, and simple LaTeX."""
