"""A folder for each object of an answer of several: its own mask, matte and cut-out, and what is seen of it in the
stack."""

import re
from pathlib import Path

from sama.export.files import save_png, write_file
from sama.export.names import file_stem
from sama.export.outputs import Outputs
from sama.matting.stack import stacked_bytes

FOLDER = "objects"
OWN_FILES = ("cutout.png", "alpha.png", "alpha16.png", "mask.png", "mask_sam.png")
STACKED = "alpha_stacked.png"  # of all objects together never above 255
_OURS = re.compile(r"\d+(_.+)?")


def has_parts(outputs: Outputs) -> bool:
    """Whether there are several objects to keep apart."""
    return len(outputs.parts) > 1


def write_parts(outputs: Outputs, folder: Path) -> list[str]:
    """Write the objects' folders into a folder, which has none yet; return the files' paths in it, front to back.

    Raises OSError."""
    written = []
    stack = stacked_bytes([part.alpha for part in outputs.parts])
    for i, (part, seen) in enumerate(zip(outputs.parts, stack, strict=True), 1):
        place = f"{FOLDER}/{part_name(i, part.name)}"
        (folder / place).mkdir(parents=True)
        names = [name for name in OWN_FILES if name != "mask.png" or part.own_mask is not None]
        for name in names:
            write_file(name, part, folder / place)
        save_png(outputs, seen, folder / place / STACKED)
        written += [f"{place}/{name}" for name in (*names, STACKED)]
        part.forget()
    return written


def part_name(number: int, name: str) -> str:
    """What the folder of an object is called: its place in the list, from 1 in front, and its name."""
    stem = file_stem(name) if name.strip() else ""
    return f"{number}_{stem}" if stem else str(number)


def is_ours(folder: Path) -> bool:
    """Whether there is nothing in a folder but what `write_parts` makes."""
    return all(
        each.is_dir()
        and _OURS.fullmatch(each.name)
        and all(file.is_file() and file.name in (*OWN_FILES, STACKED) for file in each.iterdir())
        for each in folder.iterdir()
    )
