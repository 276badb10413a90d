"""The command line: one file a command, with what it prints."""
