"""The models this package knows, one record each; plain data, so that listing them needs no torch."""

from dataclasses import dataclass
from pathlib import Path

from sama.errors import WeightsError

WEIGHTS = Path(__file__).parent
_META = "https://dl.fbaipublicfiles.com/segment_anything/"


@dataclass(frozen=True)
class PublishedFile:
    """A file of weights that others publish: `name` in the hub repository `hub`, or at `url`.

    size in bytes and sha256 (hex) are None where no primary or widely agreeing source states them; a download is then
    checked against the sha256 that the hub itself announces.
    """

    name: str
    hub: str | None = None
    url: str | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class ModelRecord:
    """One model: where its backbone comes from, where SAMA's modules come from, what they may be used for.

    backbone_file and sama_file lie in WEIGHTS; `published` lists the official files, of which the one with a `hub` is
    downloaded on demand and the others are accepted by path. licence is that of all of them. looks_closer: whether it
    answers small boxes, and SAMA clicks on small things, on the part of the photo around them, which means encoding
    that part: worth it for a model that sees few pixels and is fast. follows_edges: whether SAMA's maps are made to
    follow the photo's edges, see `sama.predict.edges`. everything: settings of everything mode instead of SAM's, see
    `sama.objects.everything.Everything`. limits: what whoever uses it should know.
    """

    name: str
    title: str
    backbone_file: str | None
    sama_file: str | None
    published: tuple[PublishedFile, ...]
    licence: str
    parameters: int
    looks_closer: bool = False
    follows_edges: bool = False
    everything: tuple[tuple[str, float], ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def hub_file(self) -> PublishedFile | None:
        """The file that is downloaded on demand."""
        return next((file for file in self.published if file.hub), None)


_LIMITS_OF_MINI = (
    "The embedded model is small, and so were its training data: it prefers a tight box around one clear "
    "object, and confuses what a large model would not. Where the box cuts through the object, "
    "or the object's colours are around it too, it may go wrong: rather a little too large than too small.",
    "A guided filter makes SAMA's masks and mattes follow the photo's edges, in downloads at up to 4 megapixels; SAM's "
    "masks are shown as SAM makes them.",
)

# Its scores of single clicks are low, and more than it sees need not be judged; measured in docs/everything.md.
_EVERYTHING_BY_MINI = (
    ("points_per_side", 20),
    ("pred_iou_thresh", 0.4),
    ("stability_score_thresh", 0.7),
    ("judged_side", 512),
    ("skip_inside", 0.25),
    ("skip_agreed", True),
    ("min_mask_region_area", 100),
)


def _official(
    name: str, title: str, hub: str, parameters: int, file: str, size: int, sha256: str
) -> ModelRecord:
    """A backbone that Meta published: a .pth of segment-anything, and the same tensors on the hub."""
    published = (
        PublishedFile("model.safetensors", hub=hub),
        PublishedFile(file, url=_META + file, size=size, sha256=sha256),
    )
    return ModelRecord(name, title, None, None, published, "Apache-2.0", parameters)


RECORDS = {
    record.name: record
    for record in (
        ModelRecord(
            "mini",
            "SAM-mini and SAMA on it, embedded",
            "mini.safetensors",
            "sama_mini.safetensors",
            (),
            "Apache-2.0; see the model card for the data",
            14_350_404,
            looks_closer=True,
            follows_edges=True,
            everything=_EVERYTHING_BY_MINI,
            limits=_LIMITS_OF_MINI,
        ),
        # The sha256 of the .pth files are those that micro-sam and 3D Slicer's SAM extension pin.
        _official(
            "vit_b",
            "SAM ViT-B",
            "facebook/sam-vit-base",
            93_735_472,
            "sam_vit_b_01ec64.pth",
            375_042_383,
            "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        ),
        _official(
            "vit_l",
            "SAM ViT-L",
            "facebook/sam-vit-large",
            312_342_832,
            "sam_vit_l_0b3195.pth",
            1_249_524_607,
            "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        ),
        _official(
            "vit_h",
            "SAM ViT-H",
            "facebook/sam-vit-huge",
            641_090_608,
            "sam_vit_h_4b8939.pth",
            2_564_550_879,
            "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        ),
    )
}


def record_of(name: str) -> ModelRecord:
    """Return the record; WeightsError names the known ones."""
    if name not in RECORDS:
        raise WeightsError(f"There is no model called {name!r}; choose one of {', '.join(RECORDS)}.")
    return RECORDS[name]
