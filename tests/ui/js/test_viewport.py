"""Which part of a photo a canvas shows: 800 x 800 pixels on 400 x 200, the canvas's corner being at (10, 20)."""

import pytest

PORT = """(steps => {
  const rect = { left: 10, top: 20, width: 400 / ratio(), height: 200 / ratio() };
  const port = new Viewport({ width: 400, height: 200, getBoundingClientRect: () => rect });
  port.setPhoto(800, 800);
  return steps(port);
})"""


@pytest.fixture(scope="module")
def run(scripts):
    tab = scripts()
    return lambda steps: tab(f"{PORT}(port => {steps})")


def test_at_first_all_of_the_photo_is_visible(run):
    assert run("[port.fitScale(), port.scale(), port.unit(), port.zoomed]") == [0.25, 0.25, 4, False]
    assert run("[port.origin(), port.visible()]") == [[100, 0], [0, 0, 800, 800]]


def test_screen_and_photo_are_each_other_s_inverse(run):
    assert run("[port.toPhoto(110, 20), port.toPhoto(210, 120)]") == [[0, 0], [400, 400]]
    assert run("[port.fromPhoto(0, 0), port.fromPhoto(400, 400)]") == [[100, 0], [200, 100]]


def test_on_a_dense_screen_css_pixels_are_halves(scripts):
    tab = scripts(density=2)
    assert tab(f"{PORT}(port => [port.unit(), port.toPhoto(60, 20), port.fromPhoto(400, 400)])") == [
        8,
        [0, 0],
        [100, 50],
    ]


def test_what_is_under_the_pointer_stays_there_when_it_zooms(run):
    assert run("(port.zoomAt(260, 120, 4), [port.toPhoto(260, 120), port.view])") == [
        [600, 400],
        {"zoom": 4, "cx": 0.6875, "cy": 0.5},
    ]
    assert run("(port.zoomBy(2), port.visible())") == [0, 200, 800, 600]


@pytest.mark.parametrize(("factor", "zoom"), [(1000, 64), (0.1, 1)])
def test_a_zoom_has_limits(run, factor, zoom):
    assert run(f"(port.zoomAt(210, 120, {factor}), port.view)") == {"zoom": zoom, "cx": 0.5, "cy": 0.5}


def test_a_pan_ends_at_the_photo_s_edge_and_needs_a_zoom(run):
    assert run("(port.zoomBy(2), port.panBy(0, -50), port.view)") == {"zoom": 2, "cx": 0.5, "cy": 0.625}
    assert run("(port.zoomBy(2), port.panBy(9999, -9999), port.view)") == {"zoom": 2, "cx": 0, "cy": 1}
    assert run("(port.panBy(0, -50), port.view.cy)") == 0.5
    assert run("(port.zoomBy(2), port.panBy(30, -50), port.fit(), port.view)") == {
        "zoom": 1,
        "cx": 0.5,
        "cy": 0.5,
    }


@pytest.mark.parametrize(
    ("box", "part", "view"),
    [
        ([100, 100, 300, 200], 0.5, (4, 0.25, 0.1875)),
        ([0, 0, 80, 40], 0.5, (10, 0.1, 0.05)),  # no further than the photo's corner
        ([0, 0, 800, 800], 1, (1, 0.5, 0.5)),
        ([400, 400, 401, 401], 1, (64, 0.500625, 0.500625)),
    ],
)
def test_a_box_is_shown_in_the_middle(run, box, part, view):
    assert tuple(run(f"(port.show({box}, {part}), port.view)").values()) == pytest.approx(view)


def test_a_spot_is_magnified(run):
    assert run("(port.magnify([200, 100], 8), [port.view, port.scale()])") == [
        {"zoom": 32, "cx": 0.25, "cy": 0.125},
        8,
    ]


def test_the_drawing_buffer_follows_the_element(scripts):
    resized = """(rect => {
      const canvas = { width: 1, height: 1, getBoundingClientRect: () => rect };
      return [new Viewport(canvas).resize(), canvas.width, canvas.height];
    })(a)"""
    tab = scripts(density=2)
    assert tab(resized, {"width": 200, "height": 100.2}) == [True, 400, 200]
    assert tab(resized, {"width": 0, "height": 100}) == [False, 1, 1]
