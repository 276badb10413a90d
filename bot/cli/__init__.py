"""The command line: one file per command, with what it prints."""
