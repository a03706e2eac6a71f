"""Why a file is no photo that can be read, told from its first bytes."""

_AS_PHOTO = "export it as JPEG, PNG or TIFF"
_RAW = "a raw photo", _AS_PHOTO
_VIDEO = "a video", "save one of its frames as JPEG or PNG"
_FOREIGN = {  # first bytes: what it is, and what to do
    b"FUJIFILMCCD-RAW": _RAW,
    b"IIU\0": _RAW,
    b"IIRO": _RAW,
    b"IIRS": _RAW,
    b"MMOR": _RAW,
    b"FOVb": _RAW,
    b"\0MRM": _RAW,
    b"8BPS": ("a Photoshop document", _AS_PHOTO),
    b"gimp xcf": ("a GIMP document", _AS_PHOTO),
    b"%PDF": ("a PDF document", "export the page as PNG or JPEG"),
    b"%!PS": ("a PostScript drawing", "export it as PNG"),
    b"\xc5\xd0\xd3\xc6": ("a PostScript drawing", "export it as PNG"),
    b"\xff\x0a": ("a JPEG XL file", _AS_PHOTO),
    b"\0\0\0\x0cJXL \r\n\x87\n": ("a JPEG XL file", _AS_PHOTO),
    b"II\xbc\x01": ("a JPEG XR file", _AS_PHOTO),
    b"v/1\x01": ("an OpenEXR file", _AS_PHOTO),
    b"#?RADIANCE": ("a Radiance HDR file", _AS_PHOTO),
    b"#?RGBE": ("a Radiance HDR file", _AS_PHOTO),
    b"P7\n": ("a PAM file", _AS_PHOTO),
    b"PF\n": ("a PFM file of colours", _AS_PHOTO),
    b"DDS ": ("a DDS texture", "export it as PNG"),
    b"\0\0\x01\0": ("an icon", "export it as PNG"),
    b"icns": ("an icon", "export it as PNG"),
    b"SIMPLE  =": ("a FITS file", "export it as TIFF or PNG"),
    b"PK\3\4": ("a ZIP archive", "unpack it and choose a photo in it"),
    b"7z\xbc\xaf\x27\x1c": ("an archive", "unpack it and choose a photo in it"),
    b"Rar!": ("an archive", "unpack it and choose a photo in it"),
    b"\x1f\x8b": ("an archive", "unpack it and choose a photo in it"),
    b"\x1aE\xdf\xa3": _VIDEO,
    b"version https://git-lfs": ("a Git LFS pointer", "fetch the photo itself with git lfs pull"),
}
_BRANDS = {  # of the container that AVIF, HEIC and films share
    b"crx ": _RAW,
    b"avci": ("a HEIF file with H.264 inside", _AS_PHOTO),
    b"avcs": ("a HEIF file with H.264 inside", _AS_PHOTO),
    b"j2ki": ("a HEIF file with JPEG 2000 inside", _AS_PHOTO),
    b"vvic": ("a HEIF file with H.266 inside", _AS_PHOTO),
    **dict.fromkeys((b"isom", b"iso2", b"mp41", b"mp42", b"qt  ", b"M4V ", b"3gp4", b"3gp5"), _VIDEO),
}
_OURS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
}
KINDS = "JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF"


class Refused(Exception):
    """A file that is whole, but of a kind that is not read.

    what: goes on after the file's name; remedy: what a person can do.
    """

    def __init__(self, what: str, remedy: str = _AS_PHOTO):
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def why_not(data: bytes) -> Refused:
    """Return why a file whose header could not be read is no photo."""
    if known := _foreign(data):
        return Refused(f"cannot be read as a photo: it is {known[0]}", known[1])
    if kind := _begun(data):
        article = "an" if kind == "AVIF" else "a"
        what = f"cannot be read as a photo: it begins as {article} {kind} but is damaged or incomplete"
        return Refused(what, "export or download it again")
    return Refused("cannot be read as a photo", f"choose a complete {KINDS} file")


def _foreign(data: bytes) -> tuple[str, str] | None:
    for start, known in _FOREIGN.items():
        if data.startswith(start):
            return known
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12])
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return _VIDEO
    if data[128:132] == b"DICM":
        return "a DICOM file", "export it as PNG or TIFF"
    text = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "an SVG drawing", "export it as PNG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page", "save the picture itself"
    return None


def _begun(data: bytes) -> str | None:
    for start, kind in _OURS.items():
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        return (
            "AVIF"
            if b"avi" in data[8:64]
            else "HEIC"
            if b"hei" in data[8:64] or b"mif1" in data[8:64]
            else None
        )
    return None
