"""The command line: find the command, run it, and turn a user's mistake into one sentence and exit code 2."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from sama import __version__
from sama.commands.parser import Parser
from sama.commands.surroundings import print_anything, stopping_tidily
from sama.errors import SamaError


class Command(NamedTuple):
    """A module with `add_arguments(parser)` and `main(args)`, what it does, and what to write after its name.

    The module is imported only when the command is asked for: torch takes seconds, help should not.
    """

    module: str
    summary: str
    example: str


COMMANDS = {
    "predict": Command(
        "sama.commands.predict",
        "cut an object out of a photo",
        "examples/flower.jpg --box 166,80,456,384 --out out/flower",
    ),
    "batch": Command(
        "sama.commands.batch",
        "cut the objects out of all photos in a folder",
        "photos --box 0.1,0.1,0.9,0.9 --out cutouts --workers 2",
    ),
    "matte": Command(
        "sama.commands.matte",
        "turn masks into mattes: one photo, or a folder of labels",
        "photo.jpg --mask mask.png --out alpha.png",
    ),
    "everything": Command(
        "sama.commands.everything", "find all there is in a photo", "examples/toys.jpg --out out/everything"
    ),
    "video": Command(
        "sama.commands.video",
        "follow an object through a clip, from marks on any frame",
        "dance.mp4 --frame 0 --box 166,80,456,384 --out out/dance --as webm,green",
    ),
    "app": Command("sama.commands.app", "serve the page", "--host 0.0.0.0 --port 8080"),
    "review": Command(
        "sama.commands.review",
        "go through proposals in the page: accept, correct, skip",
        "cutouts --photos photos",
    ),
    "weights": Command(
        "sama.commands.weights", "list the models, download, check and convert them", "get vit_b"
    ),
    "examples": Command(
        "sama.commands.examples", "answer the example photos ahead, for the page", "--device cpu"
    ),
    "evaluate": Command(
        "sama.commands.evaluate",
        "measure SAM, SAMA and classical methods on a folder",
        "data/val/horses --prompts box --json horses.json",
    ),
    "inspect": Command(
        "sama.commands.inspect",
        "look into one answer: views, adapters, prior, trimap, matte",
        "examples/flower.jpg --box 166,80,456,384 --out out/inside",
    ),
    "bench": Command(
        "sama.commands.bench",
        "measure speed and memory, beside the stock implementations",
        "--only foreground_12mp rss_12mp --json bench.json",
    ),
    "train": Command(
        "sama.commands.train",
        "train mini, or SAMA on a backbone, by a recipe",
        "recipes/mini_4.toml --data data --data photos/birds:0.5",
    ),
    "finetune": Command(
        "sama.commands.finetune",
        "teach SAM, SAMA or both from photographs of your own",
        "mushrooms --minutes 15 --out mushrooms.safetensors",
    ),
    "ablate": Command(
        "sama.commands.ablate",
        "train and evaluate SAMA without each of its parts",
        "--data data --out runs/ablation --steps 600",
    ),
}


def parser_of(names: Sequence[str], prog: str = "sama") -> Parser:
    """Return the parser that knows every command's name, and the flags of the commands `names`."""
    parser = Parser(prog=prog, description="Segment and matte anything.", example="predict --help")
    parser.add_argument("--version", action="version", version=f"sama {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sentence = f"{command.summary[0].upper()}{command.summary[1:]}."
        own = commands.add_parser(name, help=command.summary, description=sentence, example=command.example)
        if name in names:
            import_module(command.module).add_arguments(own)
    return parser


def main(argv: Sequence[str] | None = None, *, prog: str = "sama") -> int:
    """Run `sama ARGV...`; returns the exit code: 0, 1 where a part of a folder failed, 2 after a mistake of the user, 3
    where nothing was found, or hardly anything. prog: how it was called."""
    argv = sys.argv[1:] if argv is None else argv
    print_anything()
    args = parser_of(argv[:1], prog).parse_args(argv)
    try:
        with stopping_tidily():
            return import_module(COMMANDS[args.command].module).main(args)
    except SamaError as error:
        print(f"sama: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sama: stopped.", file=sys.stderr)
        return 130
