"""`paperboy doctor`: each check returns findings; one module prints them. Nothing here changes anything.

Each check has a timeout, and a failing check doesn't stop the others. Secrets are removed from all output.
What would end `paperboy run` with 78 ends the doctor with 78. The database is opened read-only, and as
immutable if nobody has it open, so that SQLite creates no files. Discord is queried by REST only; permissions
are judged by the code of the running bot.
"""
