"""What panels, loupe, slider, tour and status line say, and where they are."""

import pytest

TITLES = {"sam": "SAM mask", "alpha": "Alpha matte"}
METHODS = [{"name": "sama", "title": "SAMA's matte"}, {"name": "other", "title": "Another matte"}]


@pytest.fixture(scope="module")
def run(scripts):
    names = ("panels.js", "loupe.js", "slider.js", "tour.js")
    return scripts(*(f"viewer/{name}" for name in names), "prompter/status.js")


@pytest.mark.parametrize(
    ("layer", "matte", "title"),
    [
        ("alpha", "other", "Another matte"),
        ("alpha", "sama", "SAMA's matte"),
        ("alpha", None, "Alpha matte"),  # no answer yet
        ("sam", "other", "SAM mask"),
    ],
)
def test_a_matte_is_called_after_its_method(run, layer, matte, title):
    assert run("titleOf(a, b, { titles: c, methods: d })", layer, matte, TITLES, METHODS) == title


@pytest.mark.parametrize(
    ("name", "has", "trained", "words"),
    [
        ("sam", {}, True, "Click the object or draw a box around all of it."),
        ("slider", {}, False, "Click the object or draw a box around all of it."),
        ("alpha", {}, True, ""),
        ("alpha", {"sam": 1}, True, "Waiting for SAMA ..."),
        ("alpha", {"sam": 1}, False, "Solving."),
        ("sama", {"sam": 1}, False, "This model has no SAMA weights."),
        ("difference", {"sam": 1, "alpha": 1}, True, ""),
    ],
)
def test_an_empty_panel_says_what_it_waits_for(run, name, has, trained, words):
    assert run("waitingWords(a, b, c, 'Solving.')", name, has, trained) == words


PANELS = """[[0.3, true, 0], [0.41, true, 9], [0.9, false, 0]].map(([scale, painted, offsetWidth], i) => ({
  painted, figure: { offsetWidth }, names: () => ['panel' + i],
  port: { fitScale: () => scale, scale: () => 2 * scale, visible: () => [i] },
}))"""


def test_the_largest_panel_counts(run):
    assert run(f"sideOn({PANELS}, {{ width: 500, height: 1000 }})") == 416  # 410, in steps of eight
    assert run("sideOn([], { width: 500, height: 1000 })") == 8
    assert run(f"panelWishes({PANELS})") == [
        {"names": ["panel0", "panel1"], "box": [1], "scale": 0.82, "room": 0.2}
    ]
    assert run("panelWishes([])") == []


@pytest.mark.parametrize(("scale", "enlarged"), [(2, 8), (20, 48), (60, 60)])
def test_a_lens_enlarges_up_to_a_limit(run, scale, enlarged):
    assert run("lensScale(a, 4)", scale) == enlarged


@pytest.mark.parametrize(
    ("spot", "lifted", "left", "top"),
    [
        ([150, 100], False, 108, 58),
        ([0, 0], False, 4, 4),
        ([300, 200], False, 210, 110),
        ([150, 180], True, 108, 70),  # half a lens and 26 pixels above the finger
        ([150, 100], True, 108, 4),
    ],
)
def test_a_lens_stays_inside_its_panel(run, spot, lifted, left, top):
    place = run("lensPlace({ width: 300, height: 200 }, a, b)", spot, lifted)
    assert place == {"side": 84, "left": left, "top": top}


@pytest.mark.parametrize(("room", "side"), [(50, 76), (5000, 420)])
def test_a_lens_is_neither_tiny_nor_huge(run, room, side):
    assert run("lensPlace({ width: a, height: a }, [0, 0], false)", room)["side"] == side


def test_the_divider_is_at_the_same_spot_of_the_photo_in_every_canvas(run):
    ports = """(() => {
      const main = { canvas: { width: 400 }, origin: () => [100, 0], scale: () => 0.25 };
      const lens = { origin: () => [-50, 0], scale: () => 2 };
      return [edgeIn(main, main, 0.5), edgeIn(lens, main, 0.5), edgeIn(lens, main, 0.25)];
    })()"""
    assert run(ports) == [200, 750, -50]


@pytest.mark.parametrize(
    ("index", "by", "following"), [(-1, 1, 0), (-1, -1, 2), (0, 1, 1), (2, 1, 0), (0, -1, 2)]
)
def test_the_tour_goes_round(run, index, by, following):
    assert run("nextPlace(a, b, 3)", index, by) == following


@pytest.mark.parametrize(
    ("count", "index", "words"),
    [
        (0, -1, "SAM and SAMA agree"),
        (1, -1, "1 difference"),
        (3, -1, "3 differences"),
        (3, 1, "2 of 3"),
    ],
)
def test_the_tour_says_where_it_is(run, count, index, words):
    assert run("tourWords(a, b)", count, index) == words


@pytest.mark.parametrize(
    ("status", "width"), [({}, "0"), ({"done": 1, "total": 5}, "27%"), ({"done": 5, "total": 5}, "0")]
)
def test_the_bar_shows_some_of_the_step_that_is_being_done(run, status, width):
    assert run("progress(a)", status) == width
