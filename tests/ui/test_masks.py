"""A mask that is dropped on the page's photo: it becomes a prompt, or a sentence, and nothing else is taken for one."""

import json
import shutil

import gradio as gr
import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.methods import default_method
from sama.predict.answer import TRIMAP
from sama.request.prompts import Prompts
from sama.request.session import Session
from sama.ui.candidates import ChoiceData
from sama.ui.handlers.answering import answer
from sama.ui.handlers.exports import download
from sama.ui.handlers.looking import look
from sama.ui.handlers.masks import method_of
from sama.ui.handlers.opening import open_first, open_photo
from sama.ui.handlers.sessions import restore
from sama.ui.prompter import PromptData
from sama.ui.visit import Visit
from tests.helpers import disc, page_of, studio_of
from tests.ui.browser.fake_predictor import FakePredictor

SIDE = 80


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """Sentences in the page's corner."""
    told = []
    for name in ("Info", "Warning"):
        monkeypatch.setattr(gr, name, lambda text, **_: told.append(text))
    return told


@pytest.fixture
def files(tmp_path):
    """Paths of pictures by name."""
    mask = disc(SIDE, 25)
    pictures = {
        "photo": np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8),
        "other": np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8),
        "mask": mask,
        "small": mask[::2, ::2],
    }
    for name, picture in pictures.items():
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    return {name: str(tmp_path / f"{name}.png") for name in pictures}


def dropped(visit: Visit | None, path: str, predictor=None):
    """What changes when a file is dropped on the page, all steps together."""
    data = PromptData(image=FileData(path=path), seq=4)
    changed = {}
    for step in open_photo(page_of(studio_of(predictor or FakePredictor()), visit, data)):
        changed |= step
    return changed


def test_a_mask_of_the_photo_becomes_its_prompt_and_the_matte_follows_it(files, said, tmp_path):
    predictor = FakePredictor()
    visit = Visit(predictor, files["photo"])
    list(visit.encode())
    changed = dropped(visit, files["mask"])
    value = PromptData(**changed["prompter"].value)
    assert [value.image.orig_name, value.mask.orig_name, value.seq] == ["photo.png", "mask.png", 5]
    assert np.array_equal(np.asarray(Image.open(value.mask.path)), disc(SIDE, 25))
    value = value.model_copy(update={"image": FileData(path=visit.path)})  # Gradio has moved it to its cache
    assert changed["visit"] is visit and visit.holds(visit.path)
    assert said == [
        "mask.png is a mask of this photo, and the matte follows it. Clicks correct it, Clear takes it away."
    ]
    studio = studio_of(predictor, keep=lambda path: shutil.copy(path, tmp_path / "kept.json"))
    page = page_of(studio, visit, value)
    steps = list(answer(page))
    layers = next(step["viewer"].props["layers"] for step in steps if "viewer" in step)
    assert layers["matte"] == "from_mask" and "alpha" in layers and "trimap" not in layers
    assert (visit.shown.answer.alpha > 0.5).sum() == pytest.approx((disc(SIDE, 25) > 0).sum(), rel=0.05)
    made = download(page, "session.json")
    session = Session.load(made["taken"].props["file"]["path"])
    assert session.settings["matte"] == "from_mask" and session.prompts.mask.dtype == bool


def test_marks_beside_a_mask_and_other_mattes_are_sams_business(files):
    studio, mask = studio_of(FakePredictor()), FileData(path=files["mask"])
    data = PromptData(image=FileData(path=files["photo"]), mask=mask)
    visit = Visit(FakePredictor(), files["photo"])
    assert method_of(page_of(studio, visit, data)) == "from_mask"
    assert method_of(page_of(studio, visit, data, choice=ChoiceData(matte="solid"))) == "solid"
    clicked = data.model_copy(update={"points": [[5, 5, 1]]})
    assert method_of(page_of(studio, visit, clicked)) == "sama"
    assert data.marked and data.prompts.only_mask and not clicked.prompts.only_mask
    bare = studio_of(FakePredictor(trained=False))
    assert method_of(page_of(bare, visit, data)) == "from_mask"
    assert method_of(page_of(bare, visit, clicked)) == default_method(bare.info) == "closed_form"
    chosen = ChoiceData(matte="mini_on_sam")
    assert chosen.method(bare.info) == "mini_on_sam" and chosen.method(studio.info) == "sama"


def test_a_mask_of_another_size_is_told_and_opened_only_when_it_comes_again(files, said):
    visit = Visit(FakePredictor(), files["photo"])
    changed = dropped(visit, files["small"])
    assert changed["prompter"].props["refused"] == {"path": files["small"], "seq": 4}
    assert said == [
        "The mask small.png is 40 x 40 pixels and the upright photo 80 x 80; make them equal. To open it as a photo, "
        "drop it once more."
    ]
    assert visit.holds(visit.path)
    again = dropped(visit, files["small"])
    assert again["visit"].path == files["small"] and not visit.holds(visit.path)


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        (
            "black",
            np.zeros((SIDE, SIDE), np.uint8),
            "black.png marks nothing; paint the object white on black.",
        ),
        ("white", np.full((SIDE, SIDE), 255, np.uint8), "The mask white.png is white all over"),
        ("deep", np.full((SIDE, SIDE), 65535, np.uint16), "The mask deep.png is white all over"),
    ],
)
def test_a_mask_of_nothing_or_everything_is_told(files, said, tmp_path, name, values, told):
    visit = Visit(FakePredictor(), files["photo"])
    path = str(tmp_path / f"{name}.png")
    Image.fromarray(values).save(path)
    assert "refused" in dropped(visit, path)["prompter"].props and visit.holds(visit.path)
    assert told in said[0] and said[0].endswith("To open it as a photo, drop it once more.")
    assert dropped(visit, path)["visit"].path == path


def test_labels_of_zero_and_one_in_sixteen_bits_are_a_mask(files, said, tmp_path):
    visit = Visit(FakePredictor(), files["photo"])
    Image.fromarray((disc(SIDE, 25) > 0).astype(np.uint16)).save(tmp_path / "ones.png")
    value = PromptData(**dropped(visit, str(tmp_path / "ones.png"))["prompter"].value)
    assert value.mask is not None and np.array_equal(value.prompts.mask, disc(SIDE, 25) > 0)


def test_photos_are_photos(files, said):
    visit = Visit(FakePredictor(), files["photo"])
    assert dropped(visit, files["other"])["visit"].path == files["other"]
    assert dropped(None, files["mask"])["visit"].path == files["mask"], "nothing was open"
    page = Visit(FakePredictor(), files["mask"])
    assert dropped(page, files["mask"])["visit"] is not page, "a page of text after another"
    assert said == []


@pytest.mark.parametrize("called", ["photo.png", "other.png"])
def test_a_data_set_gives_the_mask_of_its_photo(files, said, tmp_path, called):
    square = [10, 20, 50, 20, 50, 60, 10, 60]
    images = [{"id": 1, "file_name": f"far/{called}"}, {"id": 2, "file_name": "third.png"}]
    shapes = [
        {"image_id": 1, "segmentation": [square]},
        {"image_id": 2, "segmentation": [[0, 0, 9, 0, 9, 9]]},
    ]
    path = tmp_path / "uploaded.json"
    path.write_text(json.dumps({"images": images, "annotations": shapes}))
    visit = Visit(FakePredictor(), files["photo"])
    session = FileData(path=str(path), orig_name="labels.json")
    data = PromptData(image=FileData(path=files["photo"]), boxes=[[1, 1, 9, 9]], session=session, seq=3)
    page = page_of(
        studio_of(FakePredictor(), keep=lambda path: str(shutil.copy(path, tmp_path / "kept.png"))),
        visit,
        data,
    )
    if called != "photo.png":
        with pytest.raises(gr.Error, match="The mask labels.json has no photo called photo.png"):
            restore(page)
        assert said == []
        return
    value = PromptData(**restore(page)["prompter"].value)
    expected = np.zeros((SIDE, SIDE), bool)
    expected[20:60, 10:50] = True
    assert np.array_equal(value.prompts.mask, expected)
    assert (value.boxes, value.seq, value.session) == ([], 4, None)
    assert said == [
        "The matte follows what labels.json marks in this photo. Clicks correct it, Clear takes it away."
    ]
    path.write_text("[]")
    with pytest.raises(gr.Error, match="must be a JSON object"):
        restore(page)


def test_a_session_with_a_mask_comes_back(files, said, tmp_path):
    visit = Visit(FakePredictor(), files["photo"])
    grey = ((np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 255 / 127.5 - 1) * 8).astype(np.float32)
    Session(visit.digest, visit.size, "photo.png", Prompts(mask=grey), "fake", {"matte": "from_mask"}).save(
        tmp_path / "s.json"
    )
    kept = []

    def keep(path: str) -> str:
        kept.append(tmp_path / f"kept{len(kept)}.png")
        shutil.copy(path, kept[-1])
        return str(kept[-1])

    data = PromptData(
        image=FileData(path=files["photo"]), session=FileData(path=str(tmp_path / "s.json")), seq=3
    )
    changed = restore(page_of(studio_of(FakePredictor(), keep=keep), visit, data))
    value = PromptData(**changed["prompter"].value)
    assert np.allclose(value.prompts.mask, grey, atol=0.07) and value.seq == 4
    assert changed["candidates"].value["matte"] == "sama" and said == []


def test_a_mask_that_the_server_has_lost_is_told_after_a_reload(files, said):
    data = PromptData(image=FileData(path=files["photo"]), boxes=[[10, 10, 70, 70]], lost="mask.png", seq=3)
    first = next(iter(open_first(page_of(studio_of(FakePredictor()), None, data))))
    value = PromptData(**first["prompter"].value)
    assert (value.lost, value.mask, value.boxes) == ("", None, [[10, 10, 70, 70]])
    assert said == ["The mask mask.png is gone; drop it on the photo once more."]


def test_the_page_shows_the_trimap_that_the_head_tells(files):
    predictor = FakePredictor()
    visit = Visit(predictor, files["photo"])
    list(visit.encode())
    data = PromptData(image=FileData(path=files["photo"]), boxes=[[10, 10, 70, 70]], seq=1)
    page = page_of(studio_of(predictor), visit, data)
    list(answer(page))
    told = visit.shown.answer.objects[0].layers
    assert visit.shown.trimap is None
    told[TRIMAP] = np.kron(
        np.array([[0, 0.5], [1, 0.5]], np.float32), np.ones((SIDE // 2, SIDE // 2), np.float32)
    )
    assert np.unique(visit.shown.trimap).tolist() == [0, 128, 255]
    event = {"box": [0, 40, 40, 80], "side": 40, "names": ["trimap"]}
    (changed,) = [look(page_of(studio_of(predictor), visit, data, event=event))]
    assert changed["viewer"].props["look"]["trimap"].startswith("data:image/png")
    assert (visit.look(visit.shown, (0, 40, 40, 80), 40).trimap == 255).all()
    told.pop(TRIMAP)
    changed = look(page_of(studio_of(predictor), visit, data, event=event))
    assert "trimap" not in changed["viewer"].props["look"]
