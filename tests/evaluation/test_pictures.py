"""What 255 in a label map means, and that recipes of training mean the same."""

import numpy as np
import pytest

from sama.errors import SamaError
from sama.evaluation.pictures import refuse, void_of
from sama.training.data.sources import void_of as void_of_training

MASK = np.array([[0, 255], [255, 0]], np.int32)
IDS_AND_VOID = np.array([[0, 255], [3, 7]], np.int32)
MANY_IDS = np.array([[254, 255], [256, 0]], np.int32)  # 16 bits: 255 is a number like any other
NOTHING = np.zeros((2, 2), np.int32)


@pytest.mark.parametrize(
    ("labels", "ignore", "voids"),
    [
        (MASK, None, 0),
        (MASK, 255, 2),
        (MASK, 0, 0),
        (IDS_AND_VOID, None, 1),
        (IDS_AND_VOID, 0, 0),
        (IDS_AND_VOID, 7, 1),
        (MANY_IDS, None, 0),
        (MANY_IDS, 255, 1),
        (NOTHING, None, 0),
        (NOTHING, 255, 0),
        (np.full((2, 2), 255, np.int32), None, 0),
    ],
)
def test_what_is_void(labels, ignore, voids):
    void = void_of(labels, ignore)
    assert (0 if void is None else np.count_nonzero(void)) == voids
    if ignore is not None and voids:
        assert (labels[void] == ignore).all()


@pytest.mark.parametrize("ignore", [None, 0, 255, 3])
@pytest.mark.parametrize("labels", [MASK, IDS_AND_VOID, NOTHING])
def test_training_means_the_same(labels, ignore):
    here, there = void_of(labels, ignore), void_of_training(labels, ignore)
    assert np.array_equal(
        np.zeros((2, 2), bool) if here is None else here, there if there is not None else labels < 0
    )


def test_one_sentence_names_all_bad_files():
    refuse([])
    bad = [(f"{i}.png", SamaError(f"{i}.png is bad: mend it.")) for i in range(9)]
    with pytest.raises(SamaError, match=r"^0\.png is bad: mend it\.$"):
        refuse(bad[:1])
    with pytest.raises(SamaError, match=r"^0\.png is bad: mend it\. Nor will 1\.png, 2\.png do\.$"):
        refuse(bad[:3])
    with pytest.raises(SamaError, match=r"1\.png, 2\.png, 3\.png, 4\.png, 5\.png and 3 more do\.$"):
        refuse(bad)
