"""The files of a row of photos in one ZIP."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.export.writing import write_zip
from sama.ui.handlers.collecting import collect
from sama.ui.handlers.exports import settings_of
from sama.ui.prompter import PromptData
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import FakePredictor


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    from sama.export.files import FILES

    few = {name: file for name, file in FILES.items() if not name.startswith("figure")}
    for module in ("files", "writing"):
        monkeypatch.setattr(f"sama.export.{module}.FILES", few)


def data(path: Path, name: str, x: int) -> PromptData:
    return PromptData(image=FileData(path=str(path), orig_name=name), points=[[x, 40, 1]])


@pytest.fixture
def page(tmp_path):
    rng = np.random.default_rng(0)
    row = []
    for number in range(2):
        path = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 256, (80, 100, 3), np.uint8)).save(path)
        row.append(data(path, "cat.png", 30 + 20 * number))
    (tmp_path / "broken.png").write_bytes(b"no photo")
    row.insert(1, data(tmp_path / "broken.png", "broken.png", 30))
    kept = tmp_path / "kept.zip"

    def keep(path: str) -> str:
        kept.write_bytes(Path(path).read_bytes())
        return str(kept)

    studio = studio_of(FakePredictor(), keep=keep)
    return page_of(studio, None, row[0].model_copy(update={"row": row}), event={"work": "one"})


def news(page) -> list[dict]:
    return [step["prompter"].props["collected"] for step in collect(page)]


def test_each_photo_has_the_files_of_its_own_download_and_a_broken_one_is_reported(page, tmp_path):
    told = news(page)
    assert [each["done"] for each in told] == [0, 1, 2, 3] and told[-1]["over"]
    assert told[-1]["failed"] == ["broken.png"]
    with zipfile.ZipFile(told[-1]["path"]) as archive:
        report = json.loads(archive.read("report.json"))
        assert [each["folder"] for each in report] == ["cat", "broken", "cat_2"]
        assert [("error" in each) for each in report] == [False, True, False]
        for folder, each in (("cat", page.data.row[0]), ("cat_2", page.data.row[2])):
            visit = page.studio.open(each.path, each.name)
            alone = page_of(page.studio, visit, each)
            write_zip(
                tmp_path / "alone.zip", visit.outputs(each.prompts, settings_of(alone), page.studio.info)
            )
            with zipfile.ZipFile(io.BytesIO((tmp_path / "alone.zip").read_bytes())) as own:
                mine = [name for name in archive.namelist() if name.startswith(f"{folder}/")]
                assert mine == [f"{folder}/{name}" for name in own.namelist()]
                assert all(archive.read(f"{folder}/{name}") == own.read(name) for name in own.namelist())


def test_what_nobody_wants_any_more_ends_without_a_file(page):
    steps = collect(page)
    next(steps)
    page.studio.stops.stop("one")
    (last,) = [step["prompter"].props["collected"] for step in steps]
    assert last["over"] and "path" not in last
