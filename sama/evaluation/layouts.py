"""Published data sets as they lie on disk after their archives are unpacked: which folders hold what, and what to know
before figures are compared. Plain data; `published_folder` reads them.
"""

from dataclasses import dataclass

MASK, MATTE = "mask", "matte"


@dataclass(frozen=True)
class Layout:
    """photos, truths: folders below the root, of which a leading part may be missing; of several names those in use.
    trimaps: a folder beside that of the photos. truth: MASK, where above one half is the object, or MATTE. photos in
    folders of their own (`sequences`) are named after these; `several`: whether a photo may have several truths, NAME_1
    and NAME_2 of NAME. count: photos as published; None where that is not certain. caution: why figures may not
    compare, beside what published tables say themselves.
    """

    name: str
    title: str
    photos: tuple[str, ...]
    truths: tuple[str, ...]
    truth: str
    count: int | None = None
    trimaps: str = ""
    sequences: bool = False
    several: bool = False
    caution: str = ""


def _dis(part: str, count: int) -> Layout:
    return Layout(
        f"dis_{part.lower()}",
        f"DIS-{part}",
        (f"DIS5K/DIS-{part}/im",),
        (f"DIS5K/DIS-{part}/gt",),
        MASK,
        count,
    )


def _thin(name: str, title: str, images: str, masks: str, count: int) -> Layout:
    folder = f"thin_object_detection/{title}"
    return Layout(name, title, (f"{folder}/{images}",), (f"{folder}/{masks}",), MASK, count)


def _p3m(part: str, images: str) -> Layout:
    folder = f"P3M-10k/validation/P3M-500-{part}"
    blurred = " with blurred faces" if part == "P" else ""
    return Layout(
        f"p3m_500_{part.lower()}",
        f"P3M-500-{part}",
        (f"{folder}/{images}",),
        (f"{folder}/mask",),
        MATTE,
        500,
        "trimap",
        caution=f"this is the half{blurred} that is called {part}; papers that say P3M-500 seldom say which half",
    )


def _micromat(part: str) -> Layout:
    return Layout(
        f"micromat_{part}",
        f"MicroMat-3K, {part}",
        ("MicroMat3K/img",),
        (f"MicroMat3K/matte/{part}",),
        MATTE,
        several=True,
        caution="its own prompts (prompt/) are not used: the box here is the tight box of the true matte",
    )


LAYOUTS = {
    layout.name: layout
    for layout in (
        _dis("VD", 470),
        *(_dis(f"TE{number}", 500) for number in (1, 2, 3, 4)),
        _thin("coift", "COIFT", "images", "masks", 280),
        _thin("hrsod", "HRSOD", "images", "masks_max255", 287),
        _thin("thinobject5k", "ThinObject5K", "images_test", "masks_test", 500),
        Layout(
            "composition_1k",
            "Composition-1k",
            ("Combined_Dataset/Test_set/merged",),
            ("Combined_Dataset/Test_set/alpha_copy",),
            MATTE,
            1000,
            "trimaps",
            caution="photos are put together by Adobe's script, from backgrounds of VOC",
        ),
        Layout(
            "distinctions_646",
            "Distinctions-646",
            ("Distinctions-646/Test/merged",),
            ("Distinctions-646/Test/alpha_copy",),
            MATTE,
            1000,
            "trimaps",
            caution="its photos are put together by each user, with backgrounds that are not published",
        ),
        Layout("aim_500", "AIM-500", ("AIM-500/original",), ("AIM-500/mask",), MATTE, 500, "trimap"),
        Layout(
            "am_2k",
            "AM-2K",
            ("AM-2K/validation/original", "AM-2k/validation/original"),
            ("AM-2K/validation/mask", "AM-2k/validation/mask"),
            MATTE,
            200,
            "trimap",
        ),
        _p3m("P", "blurred_image"),
        _p3m("NP", "original_image"),
        Layout(
            "refmatte_rw100",
            "RefMatte-RW100",
            ("RefMatte_RW_100/image", "RefMatte_RW_100/image_all"),
            ("RefMatte_RW_100/mask",),
            MATTE,
            several=True,
            caution="it was made for words; the prompts here are boxes or clicks",
        ),
        _micromat("fine"),
        _micromat("coarse"),
        Layout(
            "davis_2016",
            "DAVIS-2016, validation",
            ("DAVIS/JPEGImages/480p",),
            ("DAVIS/Annotations/480p",),
            MASK,
            1376,
            sequences=True,
            caution="every frame is prompted by itself; published figures follow the first frame's mask",
        ),
    )
}
DAVIS_LIST = "ImageSets/480p/val.txt"
