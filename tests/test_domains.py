"""The tool that writes pictures of other domains: the same in every run, and what `sama evaluate` reads."""

import numpy as np
from PIL import Image

from sama.evaluation.datasets import Dataset
from sama.evaluation.groups import group_of
from tools.domain_drawings import Sheet, box, document, night, turned
from tools.domains import PICTURES, write


def test_the_set_is_written_as_evaluate_reads_it(tmp_path):
    assert write(tmp_path) == len(PICTURES)
    dataset = Dataset(tmp_path)
    dataset.check(progress=False)
    assert not dataset.notes, "no label is taken for a void"
    objects = [each for scene in dataset.truths() for each in scene.objects()]
    assert len(objects) >= 45 and not any(each.too_small for each in objects)
    domains = {group_of(pair.name) for pair in dataset.pairs}
    assert domains == {"medical", "aerial", "document", "night", "drawn"}


def test_what_is_drawn_is_the_same_in_every_run_and_labelled_by_its_geometry():
    first, labels = night(1)
    assert np.array_equal(first, night(1)[0]) and not np.array_equal(first, night(2)[0])
    assert first.mean() < 30, "night is dark"
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    whole, parts = document(3, parts=False)[1], document(3, parts=True)[1]
    assert set(np.unique(whole)) == {0, 1} and set(np.unique(parts)) == {0, 1, 2}
    assert (whole[parts > 0] == 1).all(), "its parts lie on the sheet"
    assert abs(np.count_nonzero(whole) - 380 * 520) < 0.01 * 380 * 520
    sheet = Sheet(np.zeros((640, 640, 3), np.uint8))
    sheet.polygon(turned(box(200, 100), 90, (300, 320)), (255, 0, 0), 7)
    rgb, drawn = sheet.done(0, 0)
    expected = Image.new("L", (640, 640))
    expected.paste(7, (250, 220, 350, 420))
    assert np.count_nonzero(drawn != np.asarray(expected)) < 700, "the rim alone"
    assert (rgb[320, 300] == (255, 0, 0)).all()
