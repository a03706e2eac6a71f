"""The Space's door: `python app.py` is `sama app`."""

import spaces  # noqa: F401, I001  a ZeroGPU Space needs this before anything touches CUDA

import sys

from sama.commands.cli import main

if __name__ == "__main__":
    sys.exit(main(["app", *sys.argv[1:]], prog="python -m sama"))
