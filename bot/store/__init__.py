"""The SQLite store: tables, migrations, and one file a noun."""
