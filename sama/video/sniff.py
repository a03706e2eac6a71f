"""What a file is, told from its first bytes: FFmpeg is told which reader to use, never left to guess.

Some of its guesses are lists of other files and addresses (playlists), which nobody means to open with a clip.
"""

from pathlib import Path

from sama.errors import ClipError

NO_SEEK = ("gif", "apng")  # each frame is drawn over those before
_EBML, _PNG = b"\x1aE\xdf\xa3", b"\x89PNG\r\n\x1a\n"
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_STILL_BRANDS = (b"avif", b"heic", b"heix", b"mif1", b"crx ", b"jxl ")
_STILL = (b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"\0\0\0\x0cjP  ", _PNG)
_OTHERS = {b"FLV\1": "flv", b"OggS": "ogg", b"0&\xb2u\x8ef\xcf\x11": "asf", b"\0\0\1\xba": "mpeg"}
_KINDS = "an MP4, MOV, WebM, MKV, AVI, GIF or APNG file"


def kind_of(path: Path) -> str:
    """Return FFmpeg's name of the reader for a file; raises ClipError for what is no clip, OSError."""
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 64))
        tail = file.read()
    if not head:
        raise ClipError(f"{path.name} is empty; choose {_KINDS}, or a folder of frames.")
    kind = _moving(head)
    if kind is not None:
        if (kind == "gif" and b";" not in tail) or (kind == "apng" and b"IEND" not in tail):
            raise cut_short(path.name)
        return kind
    if head.startswith(_STILL) or head[8:12] in (b"WEBP", *_STILL_BRANDS):
        raise ClipError(f"{path.name} is one picture and no clip; open it as a photo.")
    raise ClipError(f"{path.name} cannot be read as a clip; choose {_KINDS}, or a folder of frames.")


def cut_short(name: str) -> ClipError:
    """What is said of a file whose end is missing."""
    return ClipError(f"{name} is cut short or damaged; export or download it again.")


def _moving(head: bytes) -> str | None:
    if head[4:8] in _BOXES and head[8:12] not in _STILL_BRANDS:
        return "mp4"
    if head.startswith(_EBML):
        return "matroska"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(_PNG) and b"acTL" in head:
        return "apng"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "mpegts"
    return next((kind for start, kind in _OTHERS.items() if head.startswith(start)), None)
