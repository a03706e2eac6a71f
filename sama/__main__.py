"""`python -m sama`."""

import sys

from sama.cli import main

sys.exit(main())
