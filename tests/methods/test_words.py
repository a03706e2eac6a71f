"""Words become boxes: tiny detectors with random weights, and a stand-in where the answer must be known."""

import json
from pathlib import Path

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.commands.cli import main
from sama.errors import PromptError, WeightsError
from sama.methods import words
from sama.methods.field import Place
from sama.methods.words import Detector, absent, find, phrases_of, present
from sama.ui.finder import FinderData, without
from sama.ui.handlers import wording
from sama.ui.prompter import PromptData
from sama.weights.field_records import FIELD_RECORDS
from tests.helpers import page_of, studio_of
from tests.methods import field_models
from tests.ui.browser.fake_predictor import FakePredictor

SIZE = (90, 60)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 3), np.uint8)


@pytest.fixture
def stand_in(monkeypatch):
    """A detector that sees two dogs at one place, a cat, and a speck."""
    asked = []

    def ask(photo, phrases):
        asked.append((photo.shape, phrases))
        boxes = np.array([[10, 10, 40, 50], [11, 10, 40, 50], [50, -5, 95, 30], [5, 5, 5.2, 5.3]], float)
        return boxes, np.array([0.6, 0.9, 0.7, 0.99]), ["a dog", "a dog", "", "a dog"]

    monkeypatch.setattr(words, "_absence", lambda name: "")
    monkeypatch.setattr(words, "_loaded", lambda name, place: Detector(ask))
    monkeypatch.setattr(words, "files_here", lambda record: [])
    return asked


def test_without_a_detector_one_sentence_says_how_to_get_it(photo, monkeypatch):
    assert present() == [] and "`sama weights get grounding_dino`" in absent()
    with pytest.raises(WeightsError, match="not downloaded"):
        find(photo, "a dog")
    with pytest.raises(WeightsError, match="get owlv2"):
        find(photo, "a dog", detector="owlv2")
    with pytest.raises(PromptError, match="no detector 'yolo'; choose grounding_dino or owlv2"):
        find(photo, "a dog", detector="yolo")
    assert "<details" in without("<b>") and "&lt;b&gt;" in without("<b>") and " open" not in without("x")


def test_texts_are_read_as_things():
    assert phrases_of(" a dog,  two   cats. a dog\n") == ["a dog", "two cats"]
    for text, sentence in ((" , .", "names nothing"), ("x" * 201, "201 letters")):
        with pytest.raises(PromptError, match=sentence):
            phrases_of(text)


def test_what_is_found_is_sorted_clipped_and_said_once(photo, stand_in):
    found = find(photo, "a dog, a cat")
    assert [(each.words, each.score) for each in found] == [("a dog", 0.9), ("a dog", 0.7)]
    assert found[0].box == (11, 10, 40, 50) and found[1].box == (50, 0, 90, 30)
    twice = find(photo, "a dog", (180, 120))
    assert twice[0].box == (22, 20, 80, 100)
    assert stand_in[0] == ((60, 90, 3), ["a dog", "a cat"])


def test_grounding_dino_is_asked_and_read_as_its_processor_has_it(tmp_path, photo):
    transformers = pytest.importorskip("transformers")
    files = field_models.tiny_grounding_dino(tmp_path)
    detector = words.grounding_dino(Place("cpu", files))
    boxes, scores, said = detector.ask(photo, ["A dog", "cat"])
    model = transformers.GroundingDinoForObjectDetection.from_pretrained(files[0].parent).eval()
    process = transformers.GroundingDinoProcessor(
        transformers.GroundingDinoImageProcessor(), transformers.BertTokenizer(vocab=str(files[2]))
    )
    inputs = process(images=photo, text="a dog. cat.", return_tensors="pt")
    (expected,) = process.post_process_grounded_object_detection(
        model(**inputs), inputs["input_ids"], threshold=0.3, text_threshold=0.25, target_sizes=[(60, 90)]
    )
    np.testing.assert_allclose(boxes, expected["boxes"].detach().numpy(), atol=1e-3)
    np.testing.assert_allclose(scores, expected["scores"].detach().numpy(), atol=1e-5)
    assert len(said) == len(scores) and len(scores), "random weights are sure of much"


def test_owlv2_is_asked_and_read_as_its_processor_has_it(tmp_path, photo, monkeypatch):
    transformers = pytest.importorskip("transformers")
    files = field_models.tiny_owlv2(tmp_path)
    detector = words.owlv2(Place("cpu", files))
    boxes, scores, said = detector.ask(photo, ["a dog", "cat"])
    assert len(scores) and set(said) <= {"a dog", "cat"}
    model = transformers.Owlv2ForObjectDetection.from_pretrained(files[0].parent).eval()
    tokenizer = transformers.CLIPTokenizer(
        vocab=str(files[2]), merges=str(files[3]), pad_token="!", model_max_length=16
    )
    images = transformers.Owlv2ImageProcessor(size={"height": 64, "width": 64})
    process = transformers.Owlv2Processor(images, tokenizer)
    inputs = process(images=photo, text=[["a photo of a dog", "a photo of cat"]], return_tensors="pt")
    (expected,) = process.post_process_grounded_object_detection(
        model(**inputs), threshold=0.2, target_sizes=[(60, 90)], text_labels=[["a dog", "cat"]]
    )
    np.testing.assert_allclose(boxes, expected["boxes"].detach().numpy(), atol=1e-3)
    assert said == expected["text_labels"]


def test_what_is_downloaded_is_the_default(cache, tmp_path, photo):
    pytest.importorskip("transformers")
    files = field_models.tiny_owlv2(tmp_path / "model")
    sources = {path.name: path for path in files}
    field_models.into_cache(cache, FIELD_RECORDS["owlv2"], sources)
    assert present() == ["owlv2"] and absent() == ""
    assert all(0 <= v <= 90 for each in find(photo, "a dog") for v in each.box)


def test_the_command_line_cuts_out_what_is_named(tmp_path, photo, stand_in, capsys):
    Image.fromarray(photo).save(tmp_path / "a.png")
    command = ["predict", str(tmp_path / "a.png"), "--text", "a dog, a cat", "--device", "cpu"]
    assert main([*command, "--out", str(tmp_path / "out")]) in (0, 3)
    assert "text: a dog, 0.90" in capsys.readouterr().out
    session = json.loads((tmp_path / "out" / "session.json").read_text())
    assert session["prompts"]["boxes"] == [[11, 10, 40, 50], [50, 0, 90, 30]]
    assert "a dog" in json.dumps(session["settings"])
    again = ["predict", str(tmp_path / "a.png"), "--out", str(tmp_path / "b")]
    assert main([*again, "--session", str(tmp_path / "out" / "session.json"), "--text", "x"]) == 2
    assert main([*again, "--detector", "owlv2", "--box", "1,1,9,9"]) == 2


def test_without_a_detector_the_command_line_says_so(tmp_path, photo, capsys):
    Image.fromarray(photo).save(tmp_path / "a.png")
    command = ["predict", str(tmp_path / "a.png"), "--text", "a dog", "--out", str(tmp_path / "out")]
    assert main(command) == 2
    told = capsys.readouterr()
    assert told.err.startswith("sama: ") and "grounding_dino" in told.err and not (tmp_path / "out").exists()


def test_words_become_objects_on_the_page(tmp_path, photo, stand_in, monkeypatch):
    Image.fromarray(photo).save(tmp_path / "a.png")
    data = PromptData(image=FileData(path=str(tmp_path / "a.png")), points=[[3, 3, 1]], seq=4)
    page = page_of(studio_of(FakePredictor()), None, data)
    steps = list(wording.find_words(page, FinderData(text=" a dog ", asked=1)))
    assert "a dog" in steps[0]["prompter"].props["status"]["text"]
    value = steps[-1]["prompter"].value
    assert value["boxes"] == [[11, 10, 40, 50], [50, 0, 90, 30]] and value["points"] == []
    assert [each["name"] for each in value["objects"]] == ["a dog", "a dog"] and value["seq"] == 5
    told = []
    monkeypatch.setattr(wording, "warn", lambda error: told.append(str(error)))
    monkeypatch.setattr(words, "_loaded", lambda name, place: Detector(lambda *_: (np.zeros((0, 4)), [], [])))
    steps = list(wording.find_words(page, FinderData(text="a unicorn", asked=2)))
    assert "looks like a unicorn" in told[0] and steps[-1]["prompter"].props["status"] == {}
    assert list(wording.find_words(page, FinderData())) == []
