"""Families and sources by the names of photos."""

import pytest

from sama.evaluation.groups import group_of, kind_of, ordered


@pytest.mark.parametrize(
    ("name", "words", "group"),
    [
        ("hair_200120_fur_37", 1, "hair"),
        ("kitchen12_plate_004", 1, "kitchen12"),
        ("kitchen12_plate_004", 2, "kitchen12_plate"),
        ("gfm_1", 1, "gfm"),
        ("gfm_1", 2, "gfm"),
        ("gfm_1", 0, None),
        ("0007", 1, None),
        ("horse", 1, None),
        ("2008_000003", 1, None),
        ("_a_b", 1, None),
    ],
)
def test_the_group_is_in_the_name(name, words, group):
    assert group_of(name, words) == group


def test_families_have_their_order_and_sources_the_alphabets():
    assert ordered({"solid", "glass", "hair"}) == ["hair", "glass", "solid"]
    assert ordered({"tools", "bottles"}) == ["bottles", "tools"]
    assert kind_of(["hair", "solid"]) == "family"
    assert kind_of(["hair", "bottles"]) == kind_of([]) == "source"
