"""Each person's library: saved papers, how they are cited, and files of them for other programs."""
