"""What the components share beside their canvases' geometry."""

import pytest


@pytest.fixture(scope="module")
def run(scripts):
    return scripts()


def test_a_colour_fades(run):
    assert run("faded('#3a7afe', 0.35)") == "rgb(58 122 254 / 0.35)"


def test_a_colour_of_the_page_is_found_by_its_name(run):
    styled = "(document.body.style.setProperty('--studio-sam', ' #3a7afe '), colourOf(document.body, 'sam'))"
    assert run(styled) == "#3a7afe"


def test_two_fingers_have_a_middle_and_a_distance(run):
    fingers = "new Map([[7, { clientX: 10, clientY: 20 }], [9, { clientX: 40, clientY: 60 }]])"
    assert run(f"spread({fingers})") == {"x": 25, "y": 40, "d": 50}


def test_a_wheel_goes_back_where_it_came_from(run):
    assert run("wheelFactor({ deltaY: -100 })") == pytest.approx(1.161834)
    assert run("wheelFactor({ deltaY: 100 }) * wheelFactor({ deltaY: -100 })") == pytest.approx(1)


@pytest.mark.parametrize(("scale", "drawn"), [(0.5, "preview"), (0.55, "preview"), (0.56, "picture")])
def test_the_photo_itself_is_drawn_where_its_preview_is_too_coarse(run, scale, drawn):
    photo = "{ width: 1000, picture: 'picture', preview: Object.assign(new String('preview'), { naturalWidth: 500 }) }"
    assert run(f"String(sharpEnough({photo}, a))", scale) == drawn


def test_components_hear_each_other(run):
    assert (
        run("(() => { let heard; hear('view', v => { heard = v; }); announce('view', 4); return heard; })()")
        == 4
    )


def test_a_picture_that_is_none_is_refused(run):
    assert run("loadPicture('data:,no').catch(error => error.message)") == "not a picture"
    assert (
        run("loadPicture(a).then(p => p.naturalWidth)", run("document.createElement('canvas').toDataURL()"))
        == 300
    )
