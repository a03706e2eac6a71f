"""What a person takes away from one answer, at the photo's size and without loss; see `files` for how it is written."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import maximum_filter

from sama.errors import PromptError
from sama.export.coco import annotation, dataset
from sama.matting import composite_bytes, cutout, estimate_foreground, to_uint8
from sama.matting.trimap import trimap_bytes
from sama.methods import METHODS, matte_of
from sama.methods.own import check_own
from sama.photo.colour import recolour
from sama.photo.opening import Photo
from sama.predict.answer import SAM, SAMA, TRIMAP, Answer, ModelInfo
from sama.request.request import Request
from sama.request.session import Session
from sama.request.settings import MASK, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BAND = 0.002  # of the longer side: how far a trimap's unknown reaches beyond the matte's own edge


class Outputs:
    """One answer and what is made of it; what several files need is computed once.

    The cut-out and the composite keep the photo's own colour space, profile included, where it was opened with
    `keep_own` and has an RGB profile; otherwise they are sRGB, which a PNG without a profile means. The matte is never
    more opaque than the photo's own file, and pictures are as many pixels per inch as it says.
    """

    def __init__(
        self,
        photo: Photo,
        answer: Answer,
        request: Request,
        settings: Settings,
        info: ModelInfo,
    ):
        """answer: to request, at the photo's size, or ValueError is raised; PromptError where it is the file's own
        transparency, and there is none, and where all objects are hidden."""
        if not answer.seen:
            raise PromptError("All objects are hidden; show one of them in the list to cut it out.")
        shape = photo.rgb.shape[:2]
        if (
            any(layer.shape != shape for layer in answer.union.layers.values())
            or SAM not in answer.union.layers
        ):
            raise ValueError(f"SAM's mask and other layers of shape {shape} are needed")
        self.photo = photo
        self.answer = answer
        check_own(answer.method, photo.name, photo.alpha)
        self.method = METHODS[answer.method]
        self.alpha = photo.limit(matte_of(answer, self.method))  # the matte
        self.request = request
        self.prompts = request.prompts
        self.settings = settings
        self.info = info
        self.drawing: Figure | None = None  # the figure, once it is drawn

    @cached_property
    def sam_mask(self) -> np.ndarray:
        """(H, W) bool, SAM's."""
        return self.answer.union.layers[SAM] > 0

    @cached_property
    def own_mask(self) -> np.ndarray | None:
        """(H, W) bool, SAMA's or that of a method which is neither; None where SAM's is all there is."""
        own = self.method.mask or SAMA
        return None if own == SAM else self.answer.mask(own)

    @property
    def session(self) -> Session:
        """What it takes to make all of this again."""
        photo, settings = self.photo, self.settings.to_dict()
        return Session(photo.digest, photo.size, photo.name, self.prompts, self.info.name, settings)

    @property
    def profile(self) -> bytes | None:
        """The ICC profile of cut-out and composite; None for sRGB."""
        return None if self.photo.own is None else self.photo.icc

    @property
    def mask(self) -> np.ndarray:
        """The better mask (H, W) bool: `own_mask`, or SAM's where there is none."""
        return self.sam_mask if self.own_mask is None else self.own_mask

    @property
    def mask_title(self) -> str:
        """Whose `mask` is."""
        if self.own_mask is None:
            return "SAM"
        return "SAMA" if self.method.mask in (None, SAMA) else self.method.label

    @property
    def by_mask(self) -> bool:
        """Whether cut-out and composite are made with the mask instead of the matte."""
        return self.settings.cutout_from == MASK

    @cached_property
    def cutout(self) -> np.ndarray:
        """The object (H, W, 4) uint8 with straight alpha, cut out by what the settings say."""
        return self.cutout_mask if self.by_mask else self.cutout_matte

    @cached_property
    def cutout_matte(self) -> np.ndarray:
        """The object (H, W, 4) uint8, cut out by the matte."""
        return cutout(self._foreground, self.alpha)

    @cached_property
    def cutout_mask(self) -> np.ndarray:
        """The object (H, W, 4) uint8, cut out by `mask`, in the photo's own colours: nothing shows through a mask."""
        return cutout(self._colours, self._hard)

    @cached_property
    def composite(self) -> np.ndarray:
        """The object on its background (H, W, 3) uint8; the cut-out (H, W, 4) where that is transparent."""
        background = self.settings.background
        if background.kind == "transparent":
            return self.cutout
        colours, alpha = (self._own_colours, self._hard) if self.by_mask else (self._foreground, self.alpha)
        backdrop = background.render(self._colours, alpha)
        if self.profile is not None and background.kind != "blur":  # colours and pictures are given in sRGB
            backdrop = recolour(to_uint8(backdrop), target=self.profile).astype(np.float32) / np.float32(255)
        return composite_bytes(colours, alpha, backdrop)

    def trimap(self) -> np.ndarray:
        """Return (H, W) uint8: 255 object, 0 background, 128 unknown: what the matting head says where it begins with a
        trimap, a band around wherever alpha is between elsewhere."""
        alpha = to_uint8(self.alpha)
        told = self.answer.layer(TRIMAP)
        if told is not None:
            return trimap_bytes(told, self.photo.alpha)
        edge = (alpha > 0) & (alpha < 255)
        # A matte may jump from 0 to 255 between neighbours; that is an edge too.
        edge[:, 1:] |= (alpha[:, 1:] > 127) != (alpha[:, :-1] > 127)
        edge[1:] |= (alpha[1:] > 127) != (alpha[:-1] > 127)
        reach = max(1, round(_BAND * max(alpha.shape)))
        unknown = maximum_filter(edge.view(np.uint8), 2 * reach + 1) > 0
        return np.where(unknown, np.uint8(128), np.where(alpha > 127, np.uint8(255), np.uint8(0)))

    @cached_property
    def parts(self) -> "tuple[Outputs, ...]":
        """The same of each object alone, from front to back; hidden ones are left out."""
        answer, rest = self.answer, (self.request, self.settings, self.info)
        if len(answer.objects) == 1:
            return (self,)
        return tuple(Outputs(self.photo, answer.only(number), *rest) for number in answer.seen)

    @property
    def name(self) -> str:
        """What the first object is called, which may be the only one."""
        return self.answer.listing.name(0)

    def forget(self) -> None:
        """Let go of the pictures that are made when they are needed."""
        for name in ("cutout", "cutout_matte", "cutout_mask", "composite", "_foreground"):
            self.__dict__.pop(name, None)

    def coco(self) -> dict:
        """Return the objects' masks as a data set in COCO's format, see `sama.export.coco`."""
        found = []
        for number, part in enumerate(self.parts, 1):
            (each,) = part.answer.objects
            score = float(each.scores[each.chosen]) if len(each.scores) else None
            found.append(annotation(part.mask, number, name=part.name, score=score))
        described = f"{self.mask_title} mask by {self.info.name}, weights {self.info.weights_digest}"
        return dataset(self.photo, found, described)

    @property
    def _colours(self) -> np.ndarray:
        return self.photo.rgb if self.photo.own is None else self.photo.own

    @cached_property
    def _foreground(self) -> np.ndarray:
        if self.settings.estimate_foreground:
            return estimate_foreground(self._colours, self.alpha)
        return self._own_colours

    @property
    def _own_colours(self) -> np.ndarray:
        return self._colours.astype(np.float32) / np.float32(255)

    @property
    def _hard(self) -> np.ndarray:
        """`mask` as a matte (H, W) float32, never more opaque than the photo's own file."""
        return self.photo.limit(self.mask.astype(np.float32))
