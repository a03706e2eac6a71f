"""Keys on keyboards of other layouts, and the order in which Escape closes what is open."""

import pytest


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("prompter/sharp.js")


@pytest.mark.parametrize(
    ("event", "meant"),
    [
        ({"key": "z", "code": "KeyZ"}, "z"),
        ({"key": "Z", "code": "KeyZ", "shiftKey": True}, "z"),
        ({"key": "я", "code": "KeyZ"}, "z"),  # Russian
        ({"key": "ζ", "code": "KeyZ"}, "z"),  # Greek
        ({"key": "В", "code": "KeyD", "shiftKey": True}, "d"),
        ({"key": "ז", "code": "KeyZ"}, "z"),  # Hebrew
        ({"key": "Dead", "code": "KeyN"}, "n"),
        ({"key": "Process", "code": "KeyL"}, "l"),  # an input method at work
        ({"key": "z", "code": "KeyW"}, "z"),  # AZERTY: as printed
        ({"key": "w", "code": "KeyZ"}, "w"),
        ({"key": "y", "code": "KeyZ"}, "y"),  # QWERTZ
        ({"key": "n", "code": "KeyL"}, "n"),  # Dvorak
        ({"key": "à", "code": "Digit0"}, "0"),  # AZERTY without Shift
        ({"key": "0", "code": "Digit0", "shiftKey": True}, "0"),
        ({"key": ")", "code": "Digit0", "shiftKey": True}, ")"),
        ({"key": "٠", "code": "Digit0"}, "0"),  # Arabic
        ({"key": "-", "code": "Digit6"}, "-"),  # AZERTY
        ({"key": "+", "code": "BracketRight"}, "+"),  # German
        ({"key": "Escape", "code": "Escape"}, "Escape"),
        ({"key": " ", "code": "Space"}, " "),
        ({"key": "Enter"}, "Enter"),
    ],
)
def test_what_a_key_means(run, event, meant):
    assert run("keyOf(a)", event) == meant


def test_digits_of_scenes_on_a_french_keyboard(run):
    assert [
        run("digitOf(a)", {"key": k, "code": f"Digit{i}"}) for i, k in ((1, "&"), (6, "-"), (0, "à"))
    ] == [
        "1",
        "6",
        "0",
    ]
    assert run("digitOf(a)", {"key": "!", "code": "Digit1", "shiftKey": True}) is None


def test_altgr_writes_letters_and_commands_nothing(run):
    assert run("isCommand(a)", {"ctrlKey": True}) and run("isCommand(a)", {"metaKey": True})
    assert not run("isCommand(a)", {"ctrlKey": True, "altKey": True})


def test_the_thing_opened_last_is_closed_first(run):
    order = """(() => {
      const closed = [];
      for (const name of ['talk', 'panel', 'loupe']) noteOpen(name, () => closed.push(name));
      noteOpen('talk', () => closed.push('talk'));
      noteClosed('panel');
      return [closeInnermost(), closeInnermost(), closeInnermost(), ...closed];
    })()"""
    assert run(order) == [True, True, False, "talk", "loupe"]


@pytest.mark.parametrize(
    ("size", "scale", "has", "side"),
    [
        ((800, 600), 4, 800, 0),  # the preview is the photo
        ((4000, 3000), 0.25, 1024, 0),  # as much as the screen shows
        ((4000, 3000), 0.5, 1024, 2048),
        ((4000, 3000), 0.5, 2048, 0),
        ((4000, 3000), 1, 2048, 4000),
        ((4000, 3000), 8, 4000, 0),
        ((1500, 1000), 2, 1024, 1500),
    ],
)
def test_how_large_a_picture_is_asked_for(run, size, scale, has, side):
    assert run("sideToAsk({ width: a[0], height: a[1] }, b, c)", size, scale, has) == side
