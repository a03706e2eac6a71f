"""The command line: find the command, run it, and turn a user's mistake into one sentence and exit code 2."""

import argparse
import sys
from importlib import import_module

from sama import __version__
from sama.errors import SamaError

# Imported only when asked for: torch takes seconds, help should not.
COMMANDS = {
    "predict": ("sama.commands.predict", "cut an object out of a photo"),
    "examples": ("sama.commands.examples", "answer the example photos ahead, for the studio"),
    "weights": ("sama.commands.weights", "list the models and which are present"),
    "train": ("sama.commands.train", "train mini, or SAMA on a backbone, by a recipe"),
    "bench": ("sama.commands.bench", "measure speed and memory, beside the stock implementations"),
    "ablate": ("sama.commands.ablate", "train and evaluate SAMA without each of its parts"),
    "evaluate": ("sama.evaluation.run", "measure SAM, SAMA and classical methods on a folder"),
}


def main(argv: list[str] | None = None) -> int:
    """Run `python -m sama ARGV...`; returns the exit code: 0, or 2 after a mistake of the user."""
    argv = sys.argv[1:] if argv is None else argv
    known = argv[:1] and argv[0] in COMMANDS
    parser = argparse.ArgumentParser(prog="python -m sama", description="Segment and matte anything.")
    parser.add_argument("--version", action="version", version=f"sama {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if known and name == argv[0]:
            import_module(module).add_arguments(command)
    args = parser.parse_args(argv)
    try:
        return import_module(COMMANDS[args.command][0]).main(args)
    except SamaError as error:
        print(f"sama: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sama: stopped.", file=sys.stderr)
        return 130
