"""What is true of SQLite alone: its files, engine, locks and backups."""
