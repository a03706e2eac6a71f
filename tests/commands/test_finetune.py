"""`sama finetune`, and the loop around it: propose, accept, fine-tune, propose again."""

import json

import numpy as np
import pytest
from PIL import Image

from sama import load
from sama.commands.cli import main
from sama.export.outputs import Outputs
from sama.methods import answer
from sama.objects.batch import Same, batch
from sama.objects.review import proposals_of, write_accepted
from sama.photo.opening import open_image
from sama.request.prompts import Prompts
from sama.request.request import Request
from tests.training.tuning.small import save_pair, save_photos

COUNT = 7


@pytest.fixture
def flags(tmp_path):
    """Of a small model, for commands."""
    return [f"--{name.replace('_', '-')}={path}" for name, path in save_pair(tmp_path).items()]


def propose(photos, out, **weights):
    source = Same(Prompts(boxes=((0.15, 0.1, 0.75, 0.9),)))
    return batch(
        photos, out, source, model="mini", only=["session.json", "mask.png"], device="cpu", **weights
    )


def test_propose_accept_finetune_and_propose_again(tmp_path, flags, capsys):
    photos = save_photos(tmp_path / "discs", COUNT) / "images"
    small = {
        "checkpoint": tmp_path / "small.safetensors",
        "sama_weights": tmp_path / "sama_small.safetensors",
    }
    assert not propose(photos, tmp_path / "proposals", **small).failed
    predictor = load("mini", device="cpu", **small)
    for proposal in proposals_of(tmp_path / "proposals", photos):
        photo = open_image(proposal.photo)
        prompts, settings = proposal.asked(photo)
        request = Request.of(prompts, photo.size, **settings.asked)
        predictor.set_image(photo.rgb)
        outputs = Outputs(photo, answer(predictor, request), request, settings, predictor.info)
        name = write_accepted(tmp_path / "accepted", outputs)
        assert (tmp_path / "accepted" / "images" / f"{name}.png").is_file()
    out = tmp_path / "mine.safetensors"
    given = [str(tmp_path / "accepted"), "--steps=2", "--copies=1", "--batch=2", "--device=cpu"]
    assert main(["finetune", *given, f"--out={out}", f"--json={tmp_path / 'mine.json'}", *flags]) == 0
    printed = capsys.readouterr()
    assert "4 photographs to learn from, 1 to check with on the way, 2 held out" in printed.err
    assert "one click, before" in printed.out and "sam mIoU" in printed.out and "sama MAE" in printed.out
    assert "weights of sam: " in printed.out
    measured = json.loads((tmp_path / "mine.json").read_text())["measured"]
    assert measured["before"]["box"]["n"] == measured["after"]["box"]["n"] >= 2
    with Image.open(tmp_path / "mine_held_out.png") as sheet:
        assert min(sheet.size) > 100
    assert any((tmp_path / "mine_features").rglob("*.safetensors"))
    small["sama_weights"] = out
    again = propose(photos, tmp_path / "again", **small)
    assert not again.failed and len(again.results) == COUNT
    assert again.results[0].weights != predictor.info.weights_digest
    masks = [
        np.asarray(Image.open(tmp_path / run / again.results[0].folder / "mask.png"))
        for run in ("proposals", "again")
    ]
    assert masks[0].shape == masks[1].shape


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--out=mine.pt"], "call it mine.safetensors"),
        (["--out=mine.safetensors", "--minutes=0"], "give a number above 0"),
        (["--out=mine.safetensors", "--held-out=nowhere"], "no images/ with labels/ or alphas/"),
        (["--out=mine.safetensors"], "There are 2 photographs to learn from"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, monkeypatch, capsys, more, sentence):
    monkeypatch.chdir(tmp_path)
    save_photos(tmp_path / "discs", 2)
    assert main(["finetune", "discs", *more]) == 2
    (told,) = capsys.readouterr().err.strip().splitlines()
    assert told.startswith("sama: ") and sentence in told
