"""Recipes: the files that ship, what overrides what, and one sentence for every mistake."""

from pathlib import Path

import numpy as np
import pytest

from sama.errors import SamaError
from sama.training.recipe import read_recipe, with_folder
from sama.weights.zoo import RECORDS
from tests.helpers import RECIPES, disc, save_photo, write_training

MINIMAL = """
stage = "mini"
batch = 2
prompts = 2
learning_rate = 1
[data.birds]
folder = "birds"
[mixture.mini]
composites = 0.5
photographs = { birds = 0.5 }
"""


def written(folder, text, name="own.toml"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_recipe_that_ships_can_be_read(path):
    recipe = read_recipe(path)
    assert recipe.backbone in RECORDS
    for name in ("init", "backbone_weights"):
        needed = getattr(recipe, name)
        # What a run goes on from is made by another recipe here.
        if needed and needed != "embedded":
            assert (RECIPES / f"{Path(needed).parent.name}.toml").exists(), needed


def test_an_extension_changes_what_it_says_and_keeps_the_rest():
    first, last = read_recipe(RECIPES / "mini.toml"), read_recipe(RECIPES / "mini_4.toml")
    assert (first.seed, first.prompts, first.minutes) == (11, 2, 60)
    assert (last.seed, last.prompts, last.minutes) == (81, 4, 53)
    assert last.plan == first.plan
    sama = read_recipe(RECIPES / "sama_mini.toml")
    assert sama.prompting.corrected == 0.3 and sama.prompting.box == first.prompting.box
    assert sama.mixture["matting"].shapes.count("strands") == 4


def test_a_whole_number_passes_for_a_number(tmp_path):
    recipe = read_recipe(written(tmp_path, MINIMAL))
    assert recipe.learning_rate == 1.0 and isinstance(recipe.learning_rate, float)
    assert recipe.watched == 40


def test_zims_choices_are_switches_of_a_recipe(tmp_path):
    plain = read_recipe(RECIPES / "sama_mini.toml")
    assert (plain.objective.matting, plain.masked_attention) == ("paper", False)
    text = (
        f'extends = "{RECIPES}/sama_mini.toml"\nmasked_attention = true\n'
        '[objective]\nmatting = "zim"\nmatting_weight = 2.0\n'
    )
    changed = read_recipe(written(tmp_path, text))
    assert changed.masked_attention and changed.objective.weight("matting") == pytest.approx(4 / 3)
    for bad, words in (('matting = "l2"', "use paper or zim"), ("matting_weight = 0.0", "must be above 0")):
        with pytest.raises(SamaError, match=words):
            read_recipe(written(tmp_path, f'extends = "{RECIPES}/sama_mini.toml"\n[objective]\n{bad}\n'))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("batch = 2", "bath = 2"), 'own.toml has a key "bath" that means nothing'),
        (("batch = 2", ""), "own.toml lacks the key batch"),
        (("batch = 2", 'batch = "two"'), "batch of own.toml must be a whole number, not 'two'"),
        (("batch = 2", "batch = true"), "batch of own.toml must be a whole number"),
        (("batch = 2", "batch = 0"), "batch is 0; it must be above 0"),
        (('stage = "mini"', 'stage = "maxi"'), "stage is 'maxi'; use mini or sama"),
        (('stage = "mini"', 'stage = "sama"'), r"needs a table \[mixture.segmentation\]"),
        (("composites = 0.5", "sides = [1, 2, 3]"), "lacks the key composites"),
        (("composites = 0.5", "composites = 1\nsides = [1, 2, 3]"), "sides of own.toml must be a list of 2"),
        (("composites = 0.5", "composites = 1\nsides = [2, 1]"), "give the smaller first"),
        (("composites = 0.5", 'composites = 1\nshapes = ["star"]'), "shapes are some of strands"),
        (("birds = 0.5", "bird = 0.5"), 'mixture.mini.photographs names "bird", which is not among birds'),
        (("birds = 0.5", "birds = -1"), "a share is 0 or more"),
        (
            ('folder = "birds"', 'folder = "birds"\nband = 1.5'),
            r"data.birds.band of own.toml must be a whole",
        ),
        (("[data.birds]", "[prompting]\nbox = 3\n[data.birds]"), "prompting.box is 3.0; it is a share"),
        (('stage = "mini"', "stage = mini"), "own.toml is not TOML"),
        (('stage = "mini"', 'stage = "mini"\nextends = "own.toml"'), "extends itself"),
        (('stage = "mini"', 'stage = "mini"\nextends = "none.toml"'), "no recipe .*none.toml"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, change, words):
    assert change[0] in MINIMAL
    with pytest.raises(SamaError, match=words) as caught:
        read_recipe(written(tmp_path, MINIMAL.replace(*change)))
    assert "\n" not in str(caught.value)


def test_a_further_folder_weighs_as_much_as_the_others_on_average(tmp_path):
    recipe = read_recipe(RECIPES / "mini.toml")
    save_photo(tmp_path / "cats", "0", disc(90, 30) // 255, np.random.default_rng(0))
    more = with_folder(recipe, tmp_path / "cats", 0.5)
    shares = more.mixture["mini"].photographs
    assert shares["cats"] == 0.30, "the recipe's own cats are another folder"
    assert shares["cats+"] == pytest.approx(0.5 * (0.11 + 0.30 + 0.17) / 3)
    assert more.data["cats+"].folder == str(tmp_path / "cats")
    with pytest.raises(SamaError, match="neither train/ nor images/"):
        with_folder(recipe, tmp_path, 1)


def test_absent_folders_are_named(tmp_path):
    write_training(tmp_path)
    assert read_recipe(RECIPES / "mini.toml").absent(tmp_path) == []
    (tmp_path / "train" / "ccp").rename(tmp_path / "elsewhere")
    assert read_recipe(RECIPES / "mini.toml").absent(tmp_path) == ["ccp"]
