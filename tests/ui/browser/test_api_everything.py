"""The endpoint that finds everything, as programs call it."""

import json
import zipfile

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.ui.browser.conftest import EXAMPLES
from tests.ui.found import FoundInSteps

FLOWER = EXAMPLES / "flower.jpg"


def test_everything_is_found_without_a_prompt(client, monkeypatch):
    finder = FoundInSteps()
    monkeypatch.setattr("sama.ui.model_call.everything", finder)
    photo = {"image": handle_file(FLOWER)}
    coco, archive, sheet, report = client.predict(**photo, points_per_side=8, api_name="/everything")
    with open(coco, encoding="utf-8") as file:
        annotations = json.load(file)["annotations"]
    areas = [each["area"] for each in annotations]
    assert areas == sorted(areas, reverse=True) and report["count"] == len(areas) == 3
    assert [each["score"] for each in annotations] == [each["score"] for each in report["masks"]]
    assert report["settings"]["points_per_side"] == 8 and report["settings"]["pred_iou_thresh"] == 0.88
    with zipfile.ZipFile(archive) as file:
        assert {"coco.json", "contact_sheet.png", "masks/001.png", "masks/003.png"} <= set(file.namelist())
    assert Image.open(sheet).size == (640, 427)
    with pytest.raises(AppError, match="points_per_side is 500; give a whole number from 1 to 128"):
        client.predict(**photo, points_per_side=500, api_name="/everything")
