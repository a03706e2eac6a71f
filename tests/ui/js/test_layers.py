"""Which pictures the panels have, which they need, and which answer they belong to.

The photo has 1000 x 500 pixels, its masks 400 x 200.
"""

import pytest

LAYERS = """(steps => {
  const layers = new Layers('#000000');
  const picture = naturalWidth => ({ naturalWidth });
  layers.open({ width: 1000, height: 500, picture: picture(1000), preview: picture(500) });
  layers.set({ sam: picture(400), alpha: picture(400) });
  return steps(layers, picture);
})"""


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("viewer/layers.js", "viewer/looks.js", "viewer/answers.js")


@pytest.mark.parametrize(
    ("box", "covered", "touched"),
    [
        ([10, 10, 20, 20], True, True),
        ([0, 0, 100, 50], True, True),
        ([0, 0, 100.1, 50], False, True),
        ([90, 40, 120, 60], False, True),
        ([100, 0, 120, 50], False, False),  # an edge in common is nothing in common
        ([-20, 0, 0, 50], False, False),
        ([0, -20, 100, 0], False, False),
        ([-20, -20, -1, -1], False, False),
    ],
)
def test_boxes_that_hold_and_that_meet_others(run, box, covered, touched):
    assert run("[covers([0, 0, 100, 50], a), meets([0, 0, 100, 50], a)]", box) == [covered, touched]


@pytest.mark.parametrize(
    ("name", "scale", "lacks"),
    [
        ("sam", 0.5, False),  # four fifths are enough
        ("sam", 0.51, True),
        ("photo", 1, False),
        ("composite", 1, False),  # not there: no closer look will help
    ],
)
def test_a_layer_lacks_pixels_where_the_screen_has_more(run, name, scale, lacks):
    assert run(f"{LAYERS}(layers => layers.lacks(a, [0, 0, 100, 100], b))", name, scale) == lacks


LOOK = "layers.add({ box: [100, 100, 300, 300], scale: 1, pictures: { sam: picture(200) } });"


def test_a_closer_look_serves_its_box_and_its_layers_until_they_change(run):
    def lacks(steps: str) -> bool:
        return run(f"{LAYERS}((layers, picture) => {{ {LOOK} {steps} }})")

    assert not lacks("return layers.lacks('sam', [100, 100, 300, 300], 1)")
    assert not lacks("return layers.lacks('sam', [150, 150, 250, 250], 1.25)")
    assert lacks("return layers.lacks('sam', [150, 150, 250, 250], 1.3)")
    assert lacks("return layers.lacks('sam', [90, 150, 250, 250], 1)")
    assert lacks("return layers.lacks('alpha', [150, 150, 250, 250], 1)")
    assert lacks("layers.set({ sam: picture(400) }); return layers.lacks('sam', [150, 150, 250, 250], 1)")
    assert not lacks(
        "layers.set({ alpha: picture(400) }); return layers.lacks('sam', [150, 150, 250, 250], 1)"
    )


def test_the_newest_four_looks_are_kept(run):
    added = "for (const scale of [1, 2, 3, 4, 5, 6]) layers.add({ scale });"
    assert run(f"{LAYERS}(layers => {{ {added} return layers.looks.map(l => l.scale); }})") == [3, 4, 5, 6]


def test_somewhat_more_than_is_visible_but_no_more_than_the_photo(run):
    photo = {"width": 1000, "height": 500}
    assert run("roomy(a, [100, 100, 200, 150], 0.2)", photo) == [80, 90, 220, 160]
    assert run("roomy(a, [1, 0, 999.5, 500], 0.2)", photo) == [0, 0, 1000, 500]
    assert run("roomy(a, [100.6, 100.6, 110.4, 110.4], 0)", photo) == [100, 100, 111, 111]


def look_for(run, names, largest=1600, scale=2, before=""):
    wish = {"names": names, "box": [100, 100, 300, 200], "scale": scale, "room": 0.2}
    return run(f"{LAYERS}((layers, picture) => {{ {before} return lookFor(layers, a, b); }})", wish, largest)


def test_a_look_never_has_more_pixels_than_the_photo_the_screen_or_the_server_s_limit(run):
    wide = {"box": [60, 80, 340, 220], "names": ["sam", "alpha"]}
    assert look_for(run, ["sam", "alpha"]) == wide | {"side": 280}
    assert look_for(run, ["sam", "alpha"], largest=210) == wide | {"side": 210}
    assert look_for(run, ["sam", "alpha"], scale=0.75) == wide | {"side": 210}
    assert look_for(run, ["sam", "alpha"], scale=0.5) is None


def test_masks_need_the_photo_where_the_browser_cannot_open_it(run):
    closed = "layers.photo.picture = picture(500);"
    assert look_for(run, ["sam", "sam"], before=closed)["names"] == ["sam", "photo"]
    assert look_for(run, ["alpha"], before=closed)["names"] == ["alpha"]


SHOWN = {"key": "cat", "seq": 5, "chosen": 1, "matte": "sama"}


@pytest.mark.parametrize(
    ("change", "late", "same", "replaces"),
    [
        ({}, False, True, False),  # SAM's answer alone, after SAMA's
        ({"alpha": "data:"}, False, True, True),
        ({"seq": 4}, True, False, False),
        ({"seq": 6}, False, False, True),
        ({"chosen": 0, "alpha": "data:"}, False, False, True),
        ({"matte": "solid"}, False, False, False),
        ({"key": "dog", "seq": 1}, True, False, True),
    ],
)
def test_what_belongs_to_the_shown_answer(run, change, late, same, replaces):
    expression = "[isLate(a, b, { key: 'cat' }), belongs(a, b), mayReplace(a, b, true)]"
    assert run(expression, SHOWN | change, SHOWN) == [late, same, replaces]


def test_without_a_photo_everything_is_late_and_without_a_matte_everything_is_welcome(run):
    assert run("[isLate(a, NOTHING, null), mayReplace(a, a, false)]", SHOWN) == [True, True]
    assert run("isLate(a, NOTHING, { key: 'cat' })", SHOWN) is False
