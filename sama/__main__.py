"""`python -m sama`."""

import sys

from sama.commands.cli import main

sys.exit(main(prog="python -m sama"))
