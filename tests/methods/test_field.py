"""Methods of other projects, on tiny models of the same classes with random weights: never on the real ones."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gradio.data_classes import FileData
from PIL import Image

from sama.commands.cli import main
from sama.errors import PromptError, SamaError, WeightsError
from sama.evaluation.methods import choose_methods
from sama.evaluation.run import evaluate
from sama.export.files import FILES
from sama.methods import METHODS, answering, default_method, mattes
from sama.methods.field import Asked, LastPhoto, Place
from sama.methods.matte_anything import band_around
from sama.methods.rembg_crop import where
from sama.methods.zim import framed, inside, nearby, tokens_of
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.ui.candidates import ChoiceData
from sama.ui.handlers.answering import answer as answer_page
from sama.ui.handlers.answering import solve
from sama.ui.prompter import PromptData
from sama.weights import field_records
from sama.weights.field_records import FIELD_RECORDS, files_here
from tests.helpers import ask, page_of, predictor_of, small_sama, studio_of
from tests.methods import field_models
from tests.ui.browser.fake_predictor import FakePredictor

FIELD = ("hq_sam", "sam2", "zim", "matte_anything", "rembg")
SIZE = (90, 60)
BOX = (10.0, 12.0, 60.0, 50.0)
CLICKS = ((30.0, 20.0, 1), (50.0, 40.0, 0))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """A hub's cache and a home of rembg's of the test's own, empty."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    for name in ("U2NET_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REMBG_HOME", str(tmp_path / "rembg"))
    return tmp_path / "hub"


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 3), np.uint8)


def put(cache: Path, name: str, folder: Path, make) -> None:
    pytest.importorskip("transformers", reason="the extra field is not installed")
    field_models.into_cache(cache, FIELD_RECORDS[name], field_models.saved(make(), folder))


def here(name: str, cache: Path, folder: Path) -> None:
    """Put a method's tiny model where a download of it would be."""
    pytest.importorskip("onnx")
    if name == "zim":
        pytest.importorskip("onnxruntime")
        field_models.into_cache(cache, FIELD_RECORDS[name], field_models.zim_graphs(folder / name))
    elif name == "rembg":
        pytest.importorskip("rembg", reason="the extra field is not installed")
        field_models.tiny_u2net(where())
    else:
        tiny = {"hq_sam": field_models.tiny_hq_sam, "sam2": field_models.tiny_sam2}
        put(cache, name, folder / name, tiny.get(name, field_models.tiny_vitmatte))


def request(prompts: Prompts, method: str) -> Request:
    return Request.of(prompts, SIZE, method=method)


@pytest.mark.parametrize("name", FIELD)
def test_without_its_weights_a_method_says_what_to_do_and_is_offered_nowhere(name, photo):
    method, info = METHODS[name], FakePredictor().info
    flag = " --non-commercial" if name == "zim" else ""
    with pytest.raises(WeightsError, match=f"`sama weights get {name}{flag}`"):
        method.open(photo)
    assert not method.available(info) and method.missing(info).count(". ") == 0
    assert name not in {each.name for each in mattes(info)} and default_method(info) == "sama"
    assert name not in choose_methods(None, "box")
    with pytest.raises(SamaError, match="not downloaded"):
        choose_methods([name], "box")


def test_without_the_package_the_extra_is_named(monkeypatch, photo):
    for package in ("transformers", "onnxruntime", "rembg"):
        monkeypatch.setitem(sys.modules, package, None)
    for name in FIELD:
        assert r"pip install '.[field]'" in METHODS[name].absent()


def test_what_is_downloaded_is_offered_but_never_by_default(cache, tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    field_models.into_cache(cache, FIELD_RECORDS["zim"], field_models.zim_graphs(tmp_path / "zim"))
    info = FakePredictor().info
    names = [each.name for each in mattes(info)]
    assert "zim" in names and names[0] == "sama"
    assert "zim" not in choose_methods(None, "box") and choose_methods(["zim"], "box") == ("zim",)
    assert not FIELD_RECORDS["zim"].commercial and "commercial" in METHODS["zim"].help


@pytest.mark.parametrize(
    ("name", "make", "processor"),
    [
        ("hq_sam", field_models.tiny_hq_sam, "SamHQ"),
        ("sam2", field_models.tiny_sam2, "Sam2"),
    ],
)
def test_sams_descendants_answer_as_their_librarys_examples(name, make, processor, cache, tmp_path, photo):
    put(cache, name, tmp_path / name, make)
    import transformers

    files = files_here(FIELD_RECORDS[name])
    model = getattr(transformers, f"{processor}Model").from_pretrained(files[0].parent).eval()
    images = (
        transformers.SamImageProcessor(
            size={"longest_edge": 128}, pad_size={"height": 128, "width": 128}, mask_size=None
        )
        if name == "hq_sam"
        else transformers.Sam2ImageProcessor(size={"height": 128, "width": 128})
    )
    process = getattr(transformers, f"{processor}Processor")(images)
    opened = answering(METHODS[name], photo, None)
    for prompts, given in (
        (Prompts(boxes=(BOX,)), {"input_boxes": [[list(BOX)]]}),
        (Prompts(CLICKS[:1]), {"input_points": [[[[30.0, 20.0]]]], "input_labels": [[[1]]]}),
        (
            Prompts(CLICKS),
            {"input_points": [[[[30.0, 20.0], [50.0, 40.0]]]], "input_labels": [[[1, 0]]]},
        ),
    ):
        inputs = process(images=photo, return_tensors="pt", **given)
        single = "input_points" in given and len(given["input_labels"][0][0]) == 1
        with torch.no_grad():
            out = model(
                **{k: inputs[k].float() if "box" in k or "points" in k or "pixel" in k else inputs[k]
                   for k in ("pixel_values", *given)},
                multimask_output=single,
            )  # fmt: skip
        best = int(out.iou_scores[0, 0].argmax())
        shapes = [inputs["original_sizes"]]
        shapes += [inputs["reshaped_input_sizes"]] if name == "hq_sam" else []
        expected = process.post_process_masks(out.pred_masks, *shapes, binarize=False)[0][0, best].numpy()
        method = METHODS[name]
        asked = Asked.of(photo, next(iter(_objects(prompts))), request(prompts, name))
        np.testing.assert_allclose(method.found(photo, asked)[0], expected, atol=1e-4)
        found = opened(request(prompts, name), None)
        assert found.alpha.shape == SIZE[::-1]
        if not prompts.points:  # clicks are held afterwards, in all methods alike
            assert np.array_equal(found.alpha, expected > 0)


def _objects(prompts: Prompts):
    from sama.predict.answer import ObjectAnswer

    yield ObjectAnswer(prompts, np.empty((0, 1, 1), bool), np.empty(0), 0, {})


def test_a_photo_is_encoded_once_and_coordinates_follow_its_copy(photo):
    seen = []
    last = LastPhoto(lambda pixels: seen.append(pixels) or len(seen))
    assert [last.of(photo), last.of(photo), last.of(photo.copy()), last.of(photo)] == [1, 1, 2, 3]
    large = Request.of(Prompts(CLICKS, ((20, 24, 120, 100),)), (180, 120))
    (one,) = _objects(large.prompts)
    asked = Asked.of(photo, one, large)
    assert asked.box == [10, 12, 60, 50] and asked.points[0] == [15, 10] and asked.labels == [1, 0]


def test_zim_frames_photos_and_prompts_as_sam_does(photo):
    from segment_anything.utils.transforms import ResizeLongestSide

    transform = ResizeLongestSide(1024)
    expected = transform.apply_image(photo).astype(np.float32)
    mean, deviation = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
    given = framed(photo)
    h, w = expected.shape[:2]
    assert given.shape == (1, 3, 1024, 1024) and given.dtype == np.float32
    np.testing.assert_allclose(
        given[0, :, :h, :w].transpose(1, 2, 0), (expected - mean) / deviation, atol=1e-4
    )
    assert not given[0, :, h:].any() and not given[0, :, :, w:].any()
    coords, labels, attention = tokens_of(Asked([[30, 20]], [1], list(BOX)), 1024 / 90)
    np.testing.assert_allclose(
        coords, transform.apply_boxes(np.array([BOX]), (60, 90)).reshape(2, 2), rtol=1e-2
    )
    assert labels.tolist() == [2, 3]
    x0, y0, x1, y1 = (int(v * 1024 / 90 / 16) for v in BOX)
    by_hand = np.zeros((64, 64))
    by_hand[y0 : y1 + 1, x0 : x1 + 1] = 1
    assert np.array_equal(attention, by_hand) and np.array_equal(attention, inside(coords[::-1]))
    coords, labels, attention = tokens_of(Asked([[30, 20], [50, 40]], [1, 0], None), 1024 / 90)
    assert labels.tolist() == [1, 0, -1] and coords[-1].tolist() == [-0.5, -0.5]
    for cell in ((0, 0), (14, 21), (40, 60)):
        near = min((cell[0] - r) ** 2 + (cell[1] - c) ** 2 for r, c in ((14, 21), (28, 35)))
        assert attention[cell] == pytest.approx(np.exp(-near / (2 * 21**2)), rel=1e-5)
    assert not nearby(np.array([[2000.0, 5.0]])).any(), "a click outside the frame attends to nothing"


def test_zim_runs_graphs_with_the_published_names(cache, tmp_path, photo):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    field_models.into_cache(cache, FIELD_RECORDS["zim"], field_models.zim_graphs(tmp_path / "zim"))
    photo[:] = (123.675, 0, 0)  # 123: nearly the mean, so that its own part is about nothing
    clicked = METHODS["zim"].found(photo, Asked([[30, 20], [50, 40]], [1, 0], None))
    logits, alpha = clicked
    # labels 1, 0 and -1 sum to 0, so what is left is the attention, one at the click's cell
    assert logits[20, 30] == pytest.approx(1, abs=0.03) and logits[59, 89] < 0.9
    np.testing.assert_allclose(alpha, 1 / (1 + np.exp(-logits)), rtol=1e-5)
    found = answering(METHODS["zim"], photo, None)(request(Prompts(boxes=(BOX,)), "zim"), None)
    logits = found.layer("zim")
    assert logits[30, 30] == pytest.approx(1 - 5, abs=0.03) and logits[2, 2] == pytest.approx(-5, abs=0.03)
    assert found.alpha[30, 30] == pytest.approx(1 / (1 + np.exp(4)), abs=0.01)


def test_matte_anything_resolves_the_band_around_sams_mask(cache, tmp_path, photo):
    put(cache, "matte_anything", tmp_path / "vitmatte", field_models.tiny_vitmatte)
    import transformers

    disc = np.hypot(*(np.mgrid[:60, :90] - np.array([30, 45])[:, None, None])) < 20
    trimap = band_around(disc)
    assert set(np.unique(trimap)) == {0, 0.5, 1} and trimap[30, 45] == 1 and trimap[0, 0] == 0
    assert (trimap[disc] >= 0.5).all() and (trimap[~disc] <= 0.5).all()
    assert np.count_nonzero(trimap[30] == 0.5) == 18, (
        "ten pixels less and more, less what is the mask's own edge"
    )
    method = METHODS["matte_anything"]
    matte = method.model().matte(photo, trimap)
    files = files_here(FIELD_RECORDS["matte_anything"])
    net = transformers.VitMatteForImageMatting.from_pretrained(files[0].parent).eval()
    grey = np.select([trimap == 1, trimap == 0], [255, 0], 128).astype(np.uint8)
    inputs = transformers.VitMatteImageProcessor()(images=photo, trimaps=grey, return_tensors="pt")
    assert inputs["pixel_values"].shape == (1, 4, 64, 96), "padded below and to the right"
    with torch.no_grad():
        alpha = net(**inputs).alphas[0, 0, :60, :90].numpy()
    np.testing.assert_allclose(matte, np.where(trimap == 0.5, alpha, trimap), atol=1e-4)
    predictor = predictor_of(small_sama())
    list(predictor.set_image(photo))
    found = ask(predictor, Prompts(boxes=(BOX,)), method="matte_anything")
    assert found.alpha.shape == SIZE[::-1] and 0 <= found.alpha.min() <= found.alpha.max() <= 1
    assert np.array_equal(found.mask("sam"), ask(predictor, Prompts(boxes=(BOX,))).mask("sam"))


def test_rembg_sees_the_box_and_says_that_it_ignores_clicks(tmp_path, photo):
    pytest.importorskip("rembg", reason="the extra field is not installed")
    pytest.importorskip("onnx")
    from rembg.sessions.u2net import U2netSession

    assert where() == Path(U2netSession.u2net_home()) / "u2net.onnx"
    where().parent.mkdir(parents=True, exist_ok=True)
    field_models.tiny_u2net(where())
    photo[..., 0] = np.linspace(0, 255, SIZE[0]).astype(np.uint8)  # red grows to the right
    opened = answering(METHODS["rembg"], photo, None)
    found = opened(request(Prompts(boxes=(BOX,)), "rembg"), None)
    outside = np.ones(SIZE[::-1], bool)
    outside[12:50, 10:60] = False
    assert not found.alpha[outside].any()
    row = found.alpha[30, 10:60]
    assert row[0] < 0.05 and row[-1] > 0.95 and (np.diff(row) > -0.02).all()
    assert METHODS["rembg"].check_prompts(request(Prompts(CLICKS, (BOX,)), "rembg")) is None
    with pytest.raises(PromptError, match="ignores clicks; draw a box"):
        opened(request(Prompts(CLICKS), "rembg"), None)
    assert "no clicks" in METHODS["rembg"].help and "no clicks" in METHODS["rembg"].note


@pytest.mark.parametrize("name", FIELD)
def test_each_answers_in_an_evaluation_on_the_page_and_from_the_command_line(
    name, cache, tmp_path, photo, monkeypatch
):
    pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")
    here(name, cache, tmp_path)
    for part, picture in (
        ("images", photo),
        ("labels", np.pad(np.ones((38, 50), np.uint8), ((12, 10), (10, 30)))),
    ):
        (tmp_path / "set" / part).mkdir(parents=True)
        Image.fromarray(picture).save(tmp_path / "set" / part / "a.png")
    own = predictor_of(small_sama())
    found = evaluate(tmp_path / "set", methods=["sam", name], predictor=own, progress=False)
    assert 0 <= found["methods"][name]["mIoU"] <= 1
    path = tmp_path / "set" / "images" / "a.png"
    data = PromptData(image=FileData(path=str(path)), boxes=[list(BOX)], seq=1)
    page = page_of(studio_of(own), None, data, choice=ChoiceData(matte=name))
    steps = list(answer_page(page))
    page = replace(page, visit=next(step["visit"] for step in steps if step.get("visit")))
    steps += solve(page)  # those that take seconds come afterwards
    layers = [step["viewer"].props["layers"] for step in steps if "viewer" in step]
    assert layers[-1]["matte"] == name and layers[-1]["alpha"]
    monkeypatch.setattr("sama.commands.predict.load_predictor", lambda *_, **__: own.fork())
    monkeypatch.setattr("sama.export.files.FILES", {"alpha.png": FILES["alpha.png"]})
    asked = ["predict", str(path), "--box", "10,12,60,50", "--method", name, "--out", str(tmp_path / "out")]
    assert main(asked) in (0, 3)
    list(own.set_image(photo))
    expected = answering(METHODS[name], photo, own)(request(Prompts(boxes=(BOX,)), name), None).alpha
    written = np.asarray(Image.open(tmp_path / "out" / "alpha.png")) / 255
    np.testing.assert_allclose(written, expected, atol=1 / 255)


def test_weights_get_shows_the_licence_first_and_asks_for_a_word(monkeypatch, tmp_path, capsys):
    fetched = []

    def fetch(file, **_):
        fetched.append((file.repo, file.name, capsys.readouterr().out))
        path = tmp_path / "fetched"
        path.write_bytes(b"weights")
        return path

    monkeypatch.setattr("sama.commands.weights.fetch", fetch)
    assert main(["weights", "get", "zim"]) == 2 and not fetched
    told = capsys.readouterr()
    assert "NOT FOR COMMERCIAL USE" in told.out and "--non-commercial" in told.err
    assert main(["weights", "get", "zim", "--non-commercial"]) == 0
    assert [name for _, name, _ in fetched] == ["zim_vit_b_2043/encoder.onnx", "zim_vit_b_2043/decoder.onnx"]
    assert "CC BY-NC 4.0" in fetched[0][2], "said before the first byte"
    capsys.readouterr()
    assert main(["weights"]) == 0
    listed = capsys.readouterr().out
    for record in FIELD_RECORDS.values():
        assert record.name in listed and record.terms in listed


def test_rembgs_own_downloader_is_called_only_when_asked(monkeypatch, tmp_path, capsys):
    pytest.importorskip("rembg", reason="the extra field is not installed")
    import rembg.sessions.u2net as session

    asked = []

    def retrieve(url, known_hash, fname, path, **_):
        asked.append(url)
        (Path(path)).mkdir(parents=True)
        (Path(path) / fname).write_bytes(b"weights")

    monkeypatch.setattr(session.pooch, "retrieve", retrieve)
    assert METHODS["rembg"].absent() and not asked
    assert main(["weights", "get", "rembg"]) == 0
    assert len(asked) == 1 and not METHODS["rembg"].absent()
    assert "Apache-2.0" in capsys.readouterr().out


def test_a_list_of_methods_imports_no_runtime_and_calls_nobody():
    code = (
        "import sys; called = []; "
        "sys.addaudithook(lambda event, _: event.startswith('socket.') and called.append(event)); "
        "import sama; from sama.methods import METHODS; [m.absent() for m in METHODS.values()]; "
        "assert not {'transformers', 'onnxruntime', 'rembg', 'torch'} & set(sys.modules), sys.modules; "
        "assert not {'socket.connect', 'socket.getaddrinfo'} & set(called), called"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_every_record_is_somebodys():
    assert set(FIELD) <= set(FIELD_RECORDS)
    assert [name for name, record in FIELD_RECORDS.items() if not record.commercial] == ["zim"]
    assert field_records.NO_COMMERCE == "--non-commercial"
    assert Place("cpu", ()) == Place("cpu", ()), "models are kept by where they run"
