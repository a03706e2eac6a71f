"""One visitor of the soak: opens its own photo, clicks, uploads garbage, leaves in the middle; checks each answer."""

import base64
import colorsys
import io
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from sama.bench.tab import Refused, Tab

_RADIUS = 90
_NEAR = 70  # of 255, by which an answer's colour may differ from the object's own
_SCENE = {"kind": "transparent", "foreground": "estimated"}
_BUSY = ("queue is full", "busy", "queue size exceeded")


class Found:
    """What all visitors have met together; counters only grow, so that threads may share them."""

    def __init__(self):
        self.done: Counter[str] = Counter()  # answers, by kind
        self.errors: Counter[str] = Counter()  # sentences that should not have come
        self.mixed: list[str] = []


class Visitor:
    """Photo, place and colour of number `index` of `count` are nobody else's."""

    def __init__(self, url: str, index: int, count: int, found: Found):
        self.url, self.found = url, found
        self.random = random.Random(index)
        self.size = 480 + 8 * index, 400 + 4 * index
        self.spot = self.random.randint(140, self.size[0] - 140), self.random.randint(130, self.size[1] - 130)
        self.colour = tuple(round(255 * c) for c in colorsys.hsv_to_rgb(index / count, 0.9, 0.9))
        self.name = f"visitor{index}.jpg"
        self.photo = self._photo()

    def _photo(self) -> bytes:
        """A disc of the visitor's colour on a grey ground with some noise."""
        noise = np.random.default_rng(len(self.name) + self.size[0])
        pixels = noise.integers(95, 125, (self.size[1], self.size[0], 1)).repeat(3, 2)
        y, x = np.mgrid[: self.size[1], : self.size[0]]
        pixels[np.hypot(x - self.spot[0], y - self.spot[1]) < _RADIUS] = self.colour
        file = io.BytesIO()
        Image.fromarray(pixels.astype(np.uint8)).save(file, "JPEG", quality=92)
        return file.getvalue()

    @property
    def box(self) -> list[float]:
        """Around the disc, a little differently each time."""
        x, y = self.spot
        out = _RADIUS + self.random.randint(2, 12)
        return [x - out, y - out, x + out, y + out]

    def visit(self, go_on: Callable[[], bool]) -> None:
        """One visit, until there is no more to do or no more time."""
        tab = None
        try:
            tab = Tab(self.url)
            self._stay(tab, go_on)
        except Refused as error:
            self._note_error(str(error))
        except Exception as error:  # of the network, or of an answer that is none
            self._note_error(f"{type(error).__name__}: {error}")
        finally:
            if tab is not None:
                tab.close()

    def _stay(self, tab: Tab, go_on: Callable[[], bool]) -> None:
        chance = self.random.random
        file = tab.upload(self.name, self.photo)
        values: dict[str, Any] = {"scene": _SCENE, "candidates": {"seq": -1, "index": 0, "matte": "sama"}}
        values["prompter"] = {"image": file, "points": [], "boxes": [], "seq": 1, "side": 400}
        if chance() < 0.15:
            tab.call("prompter", "upload", values, wait=False)
            self.found.done["left in the middle"] += 1
            return
        tab.call("prompter", "upload", values)
        self.found.done["opened"] += 1
        for seq in range(2, 2 + self.random.randint(2, 6)):
            if not go_on():
                return
            if chance() < 0.2:
                self._send_garbage(tab, values)
            elif chance() < 0.1:
                self._use_the_api()
            values["prompter"] |= {"boxes": [self.box], "seq": seq}
            slow = chance() < 0.1
            values["candidates"] = {"seq": -1, "index": 0, "matte": "closed_form" if slow else "sama"}
            changed = tab.call("prompter", "input", values)
            if changed.get("viewer", {}).get("layers", {}).get("solve"):
                changed = tab.call("viewer", "solve", values)
            if chance() < 0.1:
                self.found.done["left in the middle"] += 1
                tab.call("prompter", "input", values, wait=False)
                return
            self._check(changed, file["path"], seq, "slow matte" if slow else "click")

    def _send_garbage(self, tab: Tab, values: dict[str, Any]) -> None:
        kind = self.random.randrange(4)
        data = [
            self.random.randbytes(3000),
            self.photo[: self.random.randrange(20, 2000)],
            b"",
            b"\x89PNG\r\n\x1a\n" + self.random.randbytes(500),
        ][kind]
        file = tab.upload("garbage.jpg", data)
        before = len(tab.said)
        wrong = {**values, "prompter": values["prompter"] | {"image": file}}
        changed = tab.call("prompter", "upload", wrong)
        refused = changed.get("prompter", {}).get("refused", {}).get("path") == file["path"]
        if not refused or len(tab.said) == before or "garbage.jpg" not in tab.said[-1]:
            self._note_error("garbage was not refused with a sentence")
        self.found.done["garbage refused"] += 1

    def _use_the_api(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.name
            path.write_bytes(self.photo)
            client = Client(self.url, verbose=False, download_files=folder, analytics_enabled=False)
            try:
                mask, _ = client.predict(image=handle_file(path), boxes=[self.box], api_name="/segment")
                with Image.open(mask) as picture:
                    size, inside = picture.size, picture.getpixel(self.spot)
            finally:
                client.close()
        if size != self.size or not inside:
            self.found.mixed.append(f"{self.name}: a mask of {size}, {inside} on the disc")
        self.found.done["API"] += 1

    def _check(self, changed: dict[str, Any], path: str, seq: int, kind: str) -> None:
        """The answer is about this visitor's photo and prompts, and shows this visitor's colour."""
        layers = changed.get("viewer", {}).get("layers") or {}
        if layers.get("key") != path or layers.get("seq") != seq:
            self.found.mixed.append(f"{self.name}: answer {layers.get('seq')} of {layers.get('key')}")
        elif "cut" not in layers:
            self._note_error("an answer without a composite")
        else:
            colour = self._colour_of(layers)
            if np.abs(np.subtract(colour, self.colour)).max() > _NEAR:
                self.found.mixed.append(f"{self.name}: {colour} instead of {self.colour}")
        self.found.done[kind] += 1

    def _colour_of(self, layers: dict[str, Any]) -> tuple[int, ...]:
        """The colour of what was cut out at the disc's middle, black outside of it."""
        cut = layers["cut"]
        with _picture(layers["alpha"]) as matte, _picture(cut["src"]) as picture:
            x = round(self.spot[0] * matte.width / self.size[0]) - cut["x"]
            y = round(self.spot[1] * matte.height / self.size[1]) - cut["y"]
            if not (0 <= x < picture.width and 0 <= y < picture.height):
                return 0, 0, 0
            return tuple(int(part) for part in np.asarray(picture.convert("RGB"))[y, x])

    def _note_error(self, sentence: str) -> None:
        kind = "busy" if any(word in sentence.lower() for word in _BUSY) else None
        if kind is not None:
            self.found.done[kind] += 1
        else:
            self.found.errors[f"{sentence:.200}"] += 1


def _picture(address: str) -> Image.Image:
    """The picture of a data URL."""
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
