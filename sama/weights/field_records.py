"""Models of other projects that answer beside SAMA, one record each; plain data, as in `records`.

None of them comes with this package, and none is fetched unless a person asks for it with `sama weights get NAME`.
Their code is run through the packages that `packages` names, which the extra `field` brings.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sama.errors import WeightsError
from sama.weights.records import PublishedFile

INSTALL_FIELD = "run `pip install '.[field]'` in the repository"
NO_COMMERCE = "--non-commercial"


@dataclass(frozen=True)
class FieldRecord:
    """One model of others: name, which is that of the method or detector; by whom; licence of the weights, and whether
    that allows commercial use; what else is worth knowing of where they come from; files on the hub, or none where a
    package fetches its own; about how many megabytes that is; packages that it takes to run it, as they are imported.
    """

    name: str
    title: str
    source: str
    licence: str
    files: tuple[PublishedFile, ...]
    megabytes: int
    packages: tuple[str, ...]
    commercial: bool = True
    origin: str = ""

    @property
    def terms(self) -> str:
        """For people: what the weights may be used for, marked where that is not everything."""
        mark = "" if self.commercial else ", NOT FOR COMMERCIAL USE"
        return f"{self.licence}{mark}"

    @property
    def licence_lines(self) -> tuple[str, ...]:
        """What a person is told before the weights are fetched."""
        return (
            f"{self.title}, about {self.megabytes} MB, by {self.source}",
            f"licence: {self.terms}",
            *([self.origin] if self.origin else ()),
        )


def _hub(repository: str, *names: str) -> tuple[PublishedFile, ...]:
    return tuple(PublishedFile(name, hub=repository) for name in names)


_TRANSFORMERS = ("transformers",)
_ONNX = ("onnxruntime",)
_MODEL = ("config.json", "model.safetensors")

FIELD_RECORDS = {
    record.name: record
    for record in (
        FieldRecord(
            "hq_sam",
            "HQ-SAM ViT-B",
            "Ke et al. 2023, as syscv-community publishes it on the hub",
            "Apache-2.0",
            _hub("syscv-community/sam-hq-vit-base", *_MODEL),
            380,
            _TRANSFORMERS,
        ),
        FieldRecord(
            "sam2",
            "SAM 2.1 Hiera-T",
            "Meta (Ravi et al. 2024)",
            "Apache-2.0",
            _hub("facebook/sam2.1-hiera-tiny", *_MODEL),
            156,
            _TRANSFORMERS,
        ),
        FieldRecord(
            "zim",
            "ZIM ViT-B",
            "NAVER Cloud (Kim et al. 2024)",
            "CC BY-NC 4.0",
            _hub("naver-iv/zim-anything-vitb", "zim_vit_b_2043/encoder.onnx", "zim_vit_b_2043/decoder.onnx"),
            400,
            _ONNX,
            commercial=False,
        ),
        FieldRecord(
            "matte_anything",
            "ViTMatte-S for Matte Anything",
            "Yao et al. 2023, as hustvl publishes it on the hub",
            "Apache-2.0",
            _hub("hustvl/vitmatte-small-composition-1k", *_MODEL),
            104,
            _TRANSFORMERS,
            origin="trained on Adobe's Composition-1k, whose photos are for research only",
        ),
        FieldRecord(
            "rembg",
            "U2-Net for rembg",
            "Qin et al. 2020, fetched by the package rembg from its own releases",
            "Apache-2.0",
            (),
            176,
            ("rembg", "onnxruntime"),
        ),
        FieldRecord(
            "grounding_dino",
            "Grounding DINO, tiny",
            "IDEA Research (Liu et al. 2023)",
            "Apache-2.0",
            _hub("IDEA-Research/grounding-dino-tiny", *_MODEL, "vocab.txt"),
            690,
            _TRANSFORMERS,
        ),
        FieldRecord(
            "owlv2",
            "OWLv2, base",
            "Google (Minderer et al. 2023)",
            "Apache-2.0",
            _hub("google/owlv2-base-patch16-ensemble", *_MODEL, "vocab.json", "merges.txt"),
            620,
            _TRANSFORMERS,
        ),
    )
}


def lacking_packages(record: FieldRecord) -> list[str]:
    """Which packages are not installed, without importing any."""
    return [name for name in record.packages if not _installed(name)]


def files_here(record: FieldRecord) -> list[Path] | None:
    """Where the hub's cache has the record's files, in their order; None where one is not there. Asks nobody."""
    from sama.weights.hub import HubFile, cached

    found = [cached(HubFile.of(file)) for file in record.files]
    paths = [path for path in found if path is not None]
    return paths if len(paths) == len(found) else None


def absence(record: FieldRecord, *, here: bool) -> str:
    """Why the model cannot run, and what to do about it, in one sentence; empty where it can. here: whether its files
    are."""
    if lacking := lacking_packages(record):
        return f"{record.title} needs the package {lacking[0]}, which is not installed: {INSTALL_FIELD}."
    if here:
        return ""
    flag = "" if record.commercial else f" {NO_COMMERCE}"
    return (
        f"{record.title} is not downloaded; run `sama weights get {record.name}{flag}` "
        f"(about {record.megabytes} MB, licence {record.terms})."
    )


def check_terms(record: FieldRecord, non_commercial: bool) -> None:
    """Raise WeightsError where the licence forbids commercial use and nobody has said that this suits them."""
    if not record.commercial and not non_commercial:
        raise WeightsError(
            f"The weights of {record.title} are under {record.licence}, not for commercial use; if that suits you, run "
            f"`sama weights get {record.name} {NO_COMMERCE}`."
        )


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:  # what Python says of a module that was put in sys.modules as None
        return False
