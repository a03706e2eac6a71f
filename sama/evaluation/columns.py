"""Every measured column: where it is printed, with how many decimals, and what it means in words."""

from sama.evaluation.metrics import INSIDE, INSIDE_DEPTH, MASK_METRICS, MATTE_METRICS
from sama.evaluation.race import LEVELS, NOCS
from sama.evaluation.scoreboard import FOUND

UNKNOWN_METRICS = tuple(f"{name}_unknown" for name in MATTE_METRICS)
# Title of a block of the table, its columns, decimals.
GROUPS = (
    ("masks: higher is better, except MAE", MASK_METRICS, 3),
    ("mattes, whole image: lower is better", MATTE_METRICS, 2),
    ("mattes, unknown region of the trimaps: lower is better", UNKNOWN_METRICS, 2),
    ("clicks of a race until an IoU is reached: lower is better", NOCS, 2),
    (f"mean alpha {INSIDE_DEPTH} px inside objects that SAM found: higher is better", (INSIDE,), 4),
    ("answering one object, without encoding the photo", ("seconds",), 2),
)
# What is printed by family or source: of folders with mattes, and of those with labels.
BY_GROUP = {True: ("mIoU", "MSE", "Grad"), False: ("mIoU", "boundary_IoU")}
DECIMALS = {name: decimals for _, names, decimals in GROUPS for name in names}
# Of one object and method, in the order of the CSV's columns.
ROW = (
    "IoU",
    *(name for name in MASK_METRICS if name not in ("mIoU", "F_max")),
    *MATTE_METRICS,
    *UNKNOWN_METRICS,
)
ROW = (*ROW, *NOCS, INSIDE, "seconds")

MEANINGS = {
    "mIoU": "intersection over union of mask and truth, the mean over objects; IoU of one object",
    "boundary_IoU": "the same of the bands inside both outlines, 2 % of the photo's diagonal wide (Cheng et al. 2021)",
    "F_max": "F measure (beta^2 = 0.3) of the probability map at the best of 256 thresholds, the same for all objects",
    "weighted_F": "F measure whose errors weigh less near the truth and more in clumps (Margolin et al. 2014)",
    "MAE": "mean absolute difference of probability map and truth, 0 to 1; lower is better",
    "S": "structure measure: how alike object and regions are (Fan et al. 2017)",
    "E": "enhanced alignment measure, the mean over 256 thresholds (Fan et al. 2018)",
    "SAD": "sum of absolute differences of matte and truth, in 1000 px",
    "MSE": "mean squared difference, times 1000",
    "MAD": "mean absolute difference, times 1000",
    "Grad": "sum of squared differences of the gradients, in 1000: are edges and strands where they should be",
    "Conn": "sum of differences in how connected pixels are to the object, in 1000 (Rhemann et al. 2009)",
    "..._unknown": "the same where the trimap of the truth is neither 0 nor 255",
    **{
        name: f"clicks until the IoU is {level / 100}, as many as were allowed where it never is"
        for name, level in zip(NOCS, LEVELS, strict=True)
    },
    INSIDE: f"mean alpha deeper than {INSIDE_DEPTH} px in what is opaque in truth, of objects where the IoU of SAM's "
    f"mask is above {FOUND}; 1 is right, less means grey inside",
    "seconds": "mean time to answer one object, without encoding the photo",
}
