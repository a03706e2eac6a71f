"""The click race: clicks at a method's own largest error, and the number of them until an IoU is reached."""

import json

import numpy as np
import pytest
from PIL import Image

from sama.commands.cli import main
from sama.errors import SamaError
from sama.evaluation.contestants import Entry
from sama.evaluation.methods import answering
from sama.evaluation.race import Curve, mean_curve, race, run
from sama.methods import answer
from sama.request.prompts import Prompts
from sama.request.request import Request
from tests.helpers import disc, lively_sama, predictor_of


class Painted:
    """An answer: squares of 21 px around clicks that keep, less those around clicks that remove."""

    def __init__(self, shape, points):
        self.mask = np.zeros(shape, bool)
        for x, y, label in points:
            self.mask[max(0, int(y) - 10) : int(y) + 11, max(0, int(x) - 10) : int(x) + 11] = bool(label)


def square(y: int, x: int, side: int, shape=(80, 90)) -> np.ndarray:
    truth = np.zeros(shape, bool)
    truth[y : y + side, x : x + side] = True
    return truth


def test_every_method_is_clicked_on_its_own_errors_and_stops_when_all_is_right():
    truth = square(30, 40, 21)
    exact = lambda prompts: Painted(truth.shape, prompts.points)  # noqa: E731
    nothing = lambda prompts: Painted(truth.shape, ())  # noqa: E731
    counted = []
    for curves in race({"exact": exact, "nothing": nothing}, truth, 4):
        counted.append({name: len(each.ious) for name, each in curves.items()})
    assert counted[:3] == [{"exact": 1}, {"exact": 1, "nothing": 1}, {"exact": 1, "nothing": 2}]
    assert counted[-1] == {"exact": 1, "nothing": 4}
    assert curves["exact"].whole == [1, 1, 1, 1] and curves["nothing"].whole == [0, 0, 0, 0]
    assert curves["exact"].clicks == ((50, 40, 1),), "the middle"
    assert len(set(curves["nothing"].clicks)) == 4, "no pixel twice"
    assert curves["exact"].nocs == {"NoC@85": 1, "NoC@90": 1}
    assert curves["nothing"].nocs == {"NoC@85": 4, "NoC@90": 4}


def test_clicks_until_an_iou_are_counted_from_one():
    curve = Curve(5, [0.2, 0.849, 0.85, 0.7, 0.95])
    assert curve.noc(85) == 3 and curve.noc(90) == 5 and curve.noc(99) == 5
    assert curve.reaches(90) and not curve.reaches(99)
    assert mean_curve([curve, Curve(5, [1.0])]) == pytest.approx([0.6, 0.9245, 0.925, 0.85, 0.975])


def test_what_nobody_decided_is_neither_clicked_nor_counted():
    truth, known = square(30, 40, 21), np.ones((80, 90), bool)
    known[:, :40] = False
    wide = np.zeros_like(truth)
    wide[30:51, 20:61] = True
    steps = list(run(lambda prompts: type("Wide", (), {"mask": wide})(), truth, 3, known))
    assert len(steps) == 1 and steps[0][0].ious == [1.0]


def test_the_first_answer_is_that_to_a_click_by_hand():
    image = np.random.default_rng(1).integers(0, 256, (96, 120, 3), np.uint8)
    truth = square(20, 30, 41, (96, 120))
    predictor = predictor_of(lively_sama())
    list(predictor.set_image(image))
    for name in ("sam", "sama"):
        curve, prompts, found = next(run(answering(name, image, predictor), truth))
        asked = Request.of(Prompts(((50, 40, 1),)), (120, 96), method=name)
        by_hand = answer(predictor, asked)
        assert prompts.points == ((50, 40, 1),)
        assert np.array_equal(found.mask, by_hand.mask(name))
        if by_hand.alpha is not None:
            assert np.array_equal(found.matte, by_hand.alpha)
        assert len(curve.ious) == 1


def test_the_command_prints_counts_and_draws_the_curves(tmp_path, capsys):
    pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")
    rng = np.random.default_rng(0)
    for part, picture in (
        ("images", rng.integers(0, 256, (96, 96, 3), np.uint8)),
        ("labels", (disc(96, 30) > 0).astype(np.uint8)),
    ):
        (tmp_path / "set" / part).mkdir(parents=True)
        Image.fromarray(picture).save(tmp_path / "set" / part / "a.png")
    command = [
        "evaluate",
        str(tmp_path / "set"),
        "--prompts",
        "race",
        "--methods",
        "sam,sama",
        "--device",
        "cpu",
    ]
    assert main([*command, "--clicks", "3", "--json", str(tmp_path / "race.json")]) == 0
    assert "NoC@85" in capsys.readouterr().out
    results = json.loads((tmp_path / "race.json").read_text())
    for name in ("sam", "sama"):
        curve = results["objects"][0]["race"][name]
        assert results["race"][name]["IoU"][: len(curve)] == curve and len(results["race"][name]["IoU"]) == 3
        assert results["methods"][name]["NoC@85"] == Curve(3, curve).noc(85)
    with Image.open(tmp_path / "race_race.png") as plot:
        assert plot.size[0] > 600
    with pytest.raises(SamaError, match="--clicks is 0: give a number from 1 to 50"):
        Entry.of(None, "race", (), 0)
