"""A new method is one class and one line: the evaluation, the command line and the page find it in the table."""

import json

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.commands.cli import main, parser_of
from sama.errors import PromptError, WeightsError
from sama.evaluation.methods import Scored, choose_methods
from sama.evaluation.race_plot import save_plot
from sama.evaluation.run import evaluate
from sama.methods import METHODS, answer, default_method, mattes
from sama.methods.base import BOX, MATTE, POINTS, PhotoMethod
from sama.predict.answer import ALPHA
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.ui.candidates import ChoiceData
from sama.ui.component.names import offered_mattes
from sama.ui.handlers.answering import answer as answer_page
from sama.ui.prompter import PromptData
from sama.ui.studio import build_studio
from tests.helpers import page_of, predictor_of, small_sama, studio_of
from tests.ui.browser.fake_predictor import FakePredictor

SIZE = (60, 40)


class Toy(PhotoMethod):
    """Half a matte in the box."""

    name = "toy"
    label = "Toy"
    panel = "Toy matte"
    title = "Toy matte"
    help = "Half of everything in the box"
    note = "by a toy"
    takes = frozenset({BOX})
    returns = frozenset({MATTE})

    def layers(self, photo, found, request):
        alpha = np.zeros(request.shape, np.float32)
        x, y = request.output_size[0] / request.photo_size[0], request.output_size[1] / request.photo_size[1]
        x0, y0, x1, y1 = found.prompts.boxes[0]
        alpha[round(y0 * y) : round(y1 * y), round(x0 * x) : round(x1 * x)] = 0.6
        return {ALPHA: alpha}


@pytest.fixture
def toy(monkeypatch) -> Toy:
    method = Toy()
    monkeypatch.setitem(METHODS, method.name, method)
    return method


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 3), np.uint8)


def test_every_row_says_what_people_must_know():
    assert list(METHODS) == [
        *("sam", "sama", "solid", "closed_form"),
        *("own", "grabcut", "mini_on_sam", "from_mask", "painted"),
        *("hq_sam", "sam2", "zim", "matte_anything", "rembg"),
    ]
    for name, method in METHODS.items():
        assert method.name == name
        assert all((method.label, method.title, method.panel, method.help))
        assert method.takes and method.returns
    assert [method.name for method in mattes()] == [
        *("sama", "solid", "closed_form", "own", "mini_on_sam", "from_mask", "painted"),
        *("hq_sam", "sam2", "zim", "matte_anything", "rembg"),
    ]
    assert [method.name for method in mattes(FakePredictor().info)] == ["sama", "solid", "closed_form", "own"]
    bare = FakePredictor(trained=False).info
    assert [method.name for method in mattes(bare)] == ["closed_form", "own", "mini_on_sam"]
    assert METHODS["mini_on_sam"].named("on {model}", bare) == "on A fake for tests"
    assert default_method(FakePredictor().info) == "sama"
    assert default_method(FakePredictor(trained=False).info) == "closed_form"


def test_what_a_method_does_not_take_is_refused(photo):
    predictor = predictor_of(small_sama())
    list(predictor.set_image(photo))
    click = Request.of(Prompts(((20, 20, 1),)), SIZE, method="grabcut")
    with pytest.raises(PromptError, match="grabcut takes a box, no points"):
        answer(predictor, click)
    bare = predictor_of(small_sama(), sama=None)
    list(bare.set_image(photo))
    with pytest.raises(WeightsError, match="--sama-weights"):
        answer(bare, Request.of(Prompts(((20, 20, 1),)), SIZE, method="sama"))


def test_a_method_of_the_photo_alone_has_sams_layers_beside_it(photo, toy):
    predictor = predictor_of(small_sama())
    list(predictor.set_image(photo))
    box = Prompts(boxes=((6, 8, 36, 32),))
    found = answer(predictor, Request.of(box, SIZE, method="toy"))
    plain = answer(predictor, Request.of(box, SIZE))
    assert found.method == "toy"
    assert np.array_equal(found.mask("sam"), plain.mask("sam"))
    assert np.array_equal(found.mask("sama"), plain.mask("sama"))
    assert found.alpha.sum() == pytest.approx(0.6 * 30 * 24)
    assert np.array_equal(Scored.of(found, toy).mask, found.alpha > 0.5)


def test_the_evaluation_finds_it(tmp_path, photo, toy):
    pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")
    matte = np.zeros(SIZE[::-1], np.uint8)
    matte[8:32, 6:36] = 153
    for folder, array in (("images", photo), ("alphas", matte)):
        (tmp_path / folder).mkdir()
        Image.fromarray(array).save(tmp_path / folder / "a.png")
    assert "toy" in choose_methods(None, "box") and "toy" not in choose_methods(None, "point3")
    results = evaluate(tmp_path, methods=["toy"], progress=False)
    assert results["model"] is None, "it needs none"
    assert results["methods"]["toy"]["MSE"] == pytest.approx(0, abs=1e-6)
    assert results["methods"]["toy"]["mIoU"] == 1


class Spot(Toy):
    """Squares around clicks."""

    takes = frozenset({POINTS})

    def layers(self, photo, found, request):
        alpha = np.zeros(request.shape, np.float32)
        for x, y, label in found.prompts.points:
            alpha[max(0, int(y) - 8) : int(y) + 9, max(0, int(x) - 8) : int(x) + 9] = 0.6 * label
        return {ALPHA: alpha}


def test_the_race_and_its_picture_find_it(tmp_path, photo, monkeypatch):
    pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")
    monkeypatch.setitem(METHODS, "toy", Spot())
    labels = np.zeros(SIZE[::-1], np.uint8)
    labels[8:32, 6:36] = 1
    for folder, array in (("images", photo), ("labels", labels)):
        (tmp_path / folder).mkdir()
        Image.fromarray(array).save(tmp_path / folder / "a.png")
    assert "toy" in choose_methods(None, "race")
    results = evaluate(tmp_path, prompts="race", methods=["toy"], clicks=3, progress=False)
    assert results["race"]["toy"]["IoU"][0] == pytest.approx(17 * 17 / (24 * 30))
    assert len(results["race"]["toy"]["IoU"]) == 3 and results["methods"]["toy"]["NoC@85"] == 3
    save_plot(results, tmp_path / "race.svg")
    assert "<svg" in (tmp_path / "race.svg").read_text()


def test_the_command_line_finds_it(tmp_path, photo, toy, capsys):
    Image.fromarray(photo).save(tmp_path / "a.png")
    command = ["predict", str(tmp_path / "a.png"), "--box", "6,8,36,32", "--method", "toy", "--device", "cpu"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    written = np.asarray(Image.open(tmp_path / "out" / "alpha.png"))
    assert (written[8:32, 6:36] == 153).all() and written.sum() == 153 * 30 * 24
    assert json.loads((tmp_path / "out" / "session.json").read_text())["settings"]["matte"] == "toy"
    again = ["predict", str(tmp_path / "a.png"), "--session", str(tmp_path / "out" / "session.json")]
    assert main([*again, "--out", str(tmp_path / "again"), "--device", "cpu"]) == 0
    assert np.array_equal(np.asarray(Image.open(tmp_path / "again" / "alpha.png")), written)
    with pytest.raises(SystemExit):
        parser_of(["predict"]).parse_args(["predict", "--help"])
    assert "toy" in capsys.readouterr().out


def test_the_page_finds_it(toy):
    assert offered_mattes()[-1] == {
        "name": "toy",
        "label": "Toy",
        "title": "Toy matte",
        "note": "Half of everything in the box",
    }
    assert ChoiceData(matte="toy").method(FakePredictor().info) == "toy"


def test_the_page_offers_it_and_answers_with_it(toy, tmp_path):
    studio = build_studio(FakePredictor(), tmp_path)
    props = [
        block.props["methods"] for block in studio.blocks.values() if "methods" in getattr(block, "props", {})
    ]
    assert len(props) == 2 and all(names[-1]["name"] == "toy" for names in props)
    Image.fromarray(np.zeros((*SIZE[::-1], 3), np.uint8)).save(tmp_path / "a.png")
    data = PromptData(image=FileData(path=str(tmp_path / "a.png")), boxes=[[6, 8, 36, 32]], seq=1)
    steps = list(answer_page(page_of(studio_of(FakePredictor()), None, data, choice=ChoiceData(matte="toy"))))
    layers = [step["viewer"].props["layers"] for step in steps if "viewer" in step]
    assert layers[-1]["matte"] == "toy"
    assert layers[-1]["alpha"].startswith("data:image/png")
