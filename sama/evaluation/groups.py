"""What belongs together in a folder, by the names of its photos: families of composites, sources of photographs.

A name's first words, up to an underscore, are its group: `hair_200120_fur_37` is hair, `kitchen12_plate_004` is
kitchen12. Names of numbers alone, and of one word, have no group.
"""

FAMILIES = ("hair", "thin", "glass", "soft", "solid")  # in the order in which they are printed
FAMILY, SOURCE = "family", "source"


def group_of(name: str, words: int = 1) -> str | None:
    """The first `words` words of a photo's name, never its last; None where they name nothing, or for words=0."""
    parts = name.split("_")[:-1][:words]
    group = "_".join(parts)
    return group if any(letter.isalpha() for letter in group) else None


def ordered(groups: set[str]) -> list[str]:
    """Families first, in their own order, then by name."""
    return sorted(groups, key=lambda each: (_rank(each), each))


def kind_of(groups: list[str]) -> str:
    """Whether the groups are families of what mattes are made of, or whatever else names may tell."""
    return FAMILY if groups and all(each in FAMILIES for each in groups) else SOURCE


def _rank(group: str) -> int:
    return FAMILIES.index(group) if group in FAMILIES else len(FAMILIES)
