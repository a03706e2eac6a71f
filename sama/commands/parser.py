"""How every command reads its flags, and how its help looks."""

import argparse
from collections.abc import Iterable


class _Help(argparse.HelpFormatter):
    """Help that fits a screen: the usage names what must be there, and an example is not wrapped."""

    def __init__(self, prog: str):
        super().__init__(prog, max_help_position=30)

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        for each in self._iter_indented_subactions(action):  # argparse forgets how far commands are indented
            length = len(self._format_action_invocation(each)) + self._current_indent
            self._action_max_length = max(self._action_max_length, length)

    def add_usage(self, usage, actions: Iterable[argparse.Action], groups, prefix=None) -> None:
        actions = [each for each in actions if each.dest != "help"]
        shown = [each for each in actions if not each.option_strings or each.required]
        if len(shown) < len(actions):
            shown.append(argparse.Action([], dest="flags", nargs="?", metavar="flags"))
        super().add_usage(usage, shown, (), prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        # What argparse documents only as RawDescriptionHelpFormatter, here for the example alone.
        return text if text.startswith("example: ") else super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with an example, and which refuses a bad flag with one sentence and exit code 2.

    example: what to write after the command's name.
    """

    def __init__(self, *, example: str | None = None, **options):
        epilog = None if example is None else f"example: %(prog)s {example}".rstrip()
        super().__init__(formatter_class=_Help, epilog=epilog, **options)

    def error(self, message: str):
        self.exit(2, f"sama: {message[0].upper()}{message[1:]}; see {self.prog} --help.\n")
