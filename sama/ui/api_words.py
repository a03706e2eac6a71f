"""What the endpoints' arguments mean, said once for all endpoints, in Gradio's format: a line each."""

import inspect
from collections.abc import Callable

ARGUMENTS = {
    "image": "The photo. JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.",
    "points": "Clicks as [x, y, label] in pixels of the upright photo; label 1 keeps, 0 removes.",
    "boxes": "Boxes as [x0, y0, x1, y1] in pixels of the upright photo; several boxes are several objects.",
    "order": (
        "A list of point and box, one for each, in the order in which they were given: of a click and a box that "
        "contradict each other, the later counts; by default the click."
    ),
    "candidate": "Which of SAM's masks SAMA refines, from 0; by default the one that SAM rates best.",
    "background": "transparent, a colour such as white or #336699, blur, or blur:SIGMA in pixels of the photo.",
    "picture": "A picture as the background, instead of `background`; it covers the photo.",
    "method": "Who makes the mask and the matte, a name that `info` lists; by default SAMA, where it has weights.",
    "foreground": "Colours of the cut-out: estimated, without the old background in them, or photo, as they are.",
    "mask": (
        "A mask to start from: a picture of the upright photo's size, white on the object, grey for soft, or a COCO "
        "file. Clicks and one box may go with it, except to from_mask; alone, it is followed and mended."
    ),
    "text": "What to find, such as `a dog, a cat`: each thing that is named, and each that looks like it.",
    "detector": "Who looks for it, grounding_dino or owlv2; by default the one that is downloaded.",
    "names": "What the objects are called, in the order of their boxes.",
    "together": "Whether all boxes are one object; by default each is one of its own.",
    "points_per_side": "Of the grid of clicks; by default 32.",
    "points_per_batch": "Clicks that are asked together; by default 64.",
    "crop_n_layers": "Look again at 4^i parts of the photo, i from 1 to this; by default 0.",
    "min_mask_region_area": "Pieces and holes of fewer pixels are removed; by default 0, for none.",
    "pred_iou_thresh": "Masks that SAM scores lower are left out; by default 0.88, for mini lower.",
    "stability_score_thresh": "Masks whose outline is less steady are left out; by default 0.95, for mini lower.",
    "box_nms_thresh": "Of two masks whose boxes have a higher IoU one is left out; by default 0.7.",
    "cutout_from": "matte, or mask for a cut-out with hard edges.",
    "haze": "removed, or kept: what the matte has away from the object, not joined to the mask.",
}


def documented(function: Callable) -> Callable:
    """Add what its arguments mean to the docstring of an endpoint, before what it returns; raises KeyError for an
    argument that is not in ARGUMENTS."""
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    lines = ["Args:", *(f"    {name}: {ARGUMENTS[name]}" for name in names)]
    said, returns, results = (inspect.getdoc(function) or "").partition("Returns:")
    function.__doc__ = "\n".join([said.rstrip(), "", *lines, "", returns + results]).rstrip()
    return function
