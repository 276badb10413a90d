"""What is specific to SQLite: its files, engine, driver, locks, backups and restores.

- Each connection has its own thread. A statement is one call to it, with the beginning of its
  transaction and all rows; only a commit is a separate call.
- A backup uses SQLite's online backup within one read transaction: WAL lets the bot continue to write, and
  without the transaction SQLite would restart the copy at each write. The copy is written to a temporary
  file, verified, synced and renamed.
- A restore copies the backup next to the database, migrates the copy, and then replaces the database. A hard
  link keeps the old database first, so that there is always one.
- Posts that were pending in a backup are marked as attempted by the restore, so that they are looked up
  before they are sent. Posts planned after the backup are unknown: the only case in which a paper can be
  posted twice.
- A running bot locks `paperboy.db.lock` next to the real file with `flock`, and on Linux the file itself,
  which can have hard links. The system releases the locks when the process ends. On a file system without
  locks, startup is refused.
"""
