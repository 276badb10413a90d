"""`python -m bot`: the same as the command `paperboy`."""

import sys

from bot.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
