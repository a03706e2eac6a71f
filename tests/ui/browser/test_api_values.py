"""What programs may send beside a photo and prompts, and what is said of what they may not."""

import base64
import io
import json

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from sama.methods import answer
from sama.photo.opening import open_image
from sama.request.prompts import Prompts
from sama.ui.blocks import MCP_SIDE, PictureServer
from tests.helpers import asked
from tests.ui.browser.conftest import EXAMPLES
from tests.ui.browser.fake_predictor import FakePredictor
from tests.ui.browser.test_api import BOX, CLICK, FLOWER, call, mcp, pixels, uploaded

NOWHERE = "https://nowhere.invalid/flower.png"


def test_foreground_method_and_picture_are_as_on_the_page(client, tmp_path):
    asked = {"image": handle_file(FLOWER), "boxes": [BOX]}
    alpha, cutout, report = client.predict(**asked, foreground="photo", method="solid", api_name="/matte")
    opened = open_image(FLOWER).rgb
    seen = pixels(alpha) > 0
    np.testing.assert_array_equal(pixels(cutout)[seen][:, :3], opened[seen])
    assert report["method"] == "solid"
    _, estimated, _ = client.predict(**asked, method="solid", api_name="/matte")
    assert (pixels(estimated)[seen][:, :3] != opened[seen]).any()
    Image.new("RGB", (30, 20), (12, 34, 56)).save(tmp_path / "back.png")
    back = handle_file(tmp_path / "back.png")
    composite, _ = client.predict(**asked, method="solid", picture=back, api_name="/composite")
    away = pixels(alpha) == 0
    assert (pixels(composite)[away] == (12, 34, 56)).all() and pixels(composite).shape == opened.shape


def test_an_order_says_which_of_click_and_box_came_later(client):
    asked = {"image": handle_file(FLOWER), "boxes": [BOX], "points": [[BOX[0] + 50, BOX[1] + 50, 0]]}
    for order, count in ((["point", "box"], 1), (["box", "point"], 0), (None, 0)):
        *_, report = client.predict(**asked, order=order, api_name="/segment")
        assert len([note for note in report["notes"] if "1 click does not count" in note]) == count
    with pytest.raises(AppError, match="names 0 point"):
        client.predict(**asked, order=["box"], api_name="/segment")


def test_a_transparency_that_there_is_not_is_told_before_anything_is_encoded(client, counts):
    before = counts.views
    with pytest.raises(AppError, match="has no transparency of its own"):
        client.predict(image=handle_file(FLOWER), boxes=[BOX], method="own", api_name="/matte")
    assert counts.views == before


def test_a_mask_is_a_prompt(client, tmp_path, monkeypatch):
    """The fake model answers clicks and boxes alone; what reaches it is what counts."""
    seen = []
    real = FakePredictor.answer

    def noted(self, request, *rest):
        seen.append(request.prompts)
        return real(self, request, *rest)

    monkeypatch.setattr(FakePredictor, "answer", noted)
    mask = np.zeros((427, 640), np.uint8)
    mask[100:300, 200:400] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    client.predict(
        image=handle_file(FLOWER), boxes=[BOX], mask=handle_file(tmp_path / "mask.png"), api_name="/predict"
    )
    np.testing.assert_array_equal(seen[0].mask, mask > 0)
    *_, report = client.predict(
        image=handle_file(FLOWER), mask=handle_file(tmp_path / "mask.png"), api_name="/matte"
    )
    assert report["method"] == "from_mask", "a mask alone is followed"
    Image.fromarray(mask[:-1]).save(tmp_path / "short.png")
    with pytest.raises(AppError, match="short.png is 640 x 426 pixels and the upright photo 640 x 427"):
        client.predict(
            image=handle_file(FLOWER), mask=handle_file(tmp_path / "short.png"), api_name="/segment"
        )


@pytest.mark.parametrize(
    ("endpoint", "values", "sentence"),
    [
        (
            "composite",
            {"background": "nocolour"},
            "use transparent, a colour (white, #336699), blur or blur:SIGMA.",
        ),
        ("composite", {"background": "image:/etc/passwd"}, "cannot name a file here"),
        ("matte", {"method": "magic"}, "There is no method called 'magic'; choose sam, sama, solid"),
        ("predict", {"foreground": "old"}, "'foreground' is neither 'estimated' nor 'photo'"),
        (
            "predict",
            {"image": handle_file(NOWHERE)},
            NOWHERE + " cannot be fetched: there is no server of that name",
        ),
        ("segment", {"image": handle_file("http://127.0.0.1:9/a.png")}, "it is not a public address"),
    ],
)
def test_what_is_refused_recommends_what_is_taken(client, endpoint, values, sentence):
    with pytest.raises(AppError) as caught:
        client.predict(**{"image": handle_file(FLOWER), "boxes": [BOX]} | values, api_name="/" + endpoint)
    text = str(caught.value)
    assert sentence in text and text.endswith(".") and "image:PATH" not in text


def test_the_first_values_are_enough_and_none_of_the_wrong_form_are_a_riddle(url):
    told = call(url, "segment", json.dumps({"data": [uploaded(url), [], [BOX]]}))
    assert "event: complete" in told
    for data, sentence in (
        ([], "There is no photo"),
        (["flower.jpg"], "of another kind than this server takes"),
        (
            [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}],
            "names a file that was not uploaded here",
        ),
    ):
        told = call(url, "segment", json.dumps({"data": data}))
        assert "event: error" in told and sentence in told


def test_an_mcp_answer_has_pictures_and_links(url):
    image = "data:image/jpeg;base64," + base64.b64encode(FLOWER.read_bytes()).decode()
    content = mcp(
        url, "tools/call", name="predict", arguments={"image": image, "points": [CLICK], "boxes": [BOX]}
    )
    kinds = [(each["type"], each.get("text", "")[:10]) for each in content["content"]]
    assert (
        kinds[:6] == [("image", ""), ("text", "Image URL:")] * 3
        and "'scores'" in content["content"][6]["text"]
    )
    opened = open_image(FLOWER)
    predictor = FakePredictor()
    list(predictor.set_image(opened.rgb))
    expected = answer(predictor, asked(predictor, Prompts((tuple(CLICK),), (tuple(BOX),)))).mask("sama")
    mask = np.asarray(Image.open(io.BytesIO(base64.b64decode(content["content"][0]["data"]))))
    np.testing.assert_array_equal(mask > 0, expected)
    for image, sentence in (
        (NOWHERE, NOWHERE + " cannot be fetched"),
        ("/etc/passwd", "give the http or https"),
    ):
        wrong = mcp(url, "tools/call", name="matte", arguments={"image": image, "boxes": [BOX]})
        assert wrong["isError"] and sentence in wrong["content"][0]["text"]


def test_a_large_picture_is_reduced_in_an_mcp_answer():
    data = PictureServer.get_base64_data(Image.new("RGBA", (6000, 1000)), "PNG")
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (MCP_SIDE, round(MCP_SIDE / 6))


def test_files_are_called_after_the_photo_as_far_as_disks_allow(client, tmp_path):
    for name, stem in (("\u5199\u771f.jpg", "\u5199\u771f"), ("a" * 180 + ".jpg", "a" * 150)):
        (tmp_path / name).write_bytes((EXAMPLES / "flower.jpg").read_bytes())
        mask, _ = client.predict(image=handle_file(tmp_path / name), boxes=[BOX], api_name="/segment")
        assert mask.endswith(f"/{stem}_mask.png")
