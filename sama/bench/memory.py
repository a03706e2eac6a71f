"""How much memory the app needs for a photo, measured in a process of its own.

    python -m sama.bench.memory PHOTO DEVICE DTYPE

prints one line of JSON: {"peak": bytes or null, "seconds": ..., "device": ..., "dtype": ...}.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from sama.bench import scenes
from sama.bench.lab import Lab
from sama.bench.peak import peak_rss
from sama.bench.rows import MIB, BenchError, Row
from sama.predict.loading import load
from sama.request.prompts import Prompts

ROOT = Path(__file__).parents[2]
NOTE = (
    "rss: peak resident memory of a fresh process that builds the app with mini, opens a JPEG as the page does, "
    "encodes it and answers a box at the page's size; ms: from opening to the answer."
)


def rss(lab: Lab, name: str, size: str) -> Iterator[Row]:
    """The row of the app's memory, for a size in `lab.sizes`; raises BenchError when the process fails."""
    with tempfile.TemporaryDirectory(prefix="sama-bench-") as folder:
        photo = Path(folder) / "photo.jpg"
        Image.fromarray(scenes.photo(*lab.sizes[size])).save(photo, quality=90)
        lab.progress(f"{name}, in a process of its own")
        command = [sys.executable, "-m", "sama.bench.memory", str(photo), lab.device, lab.dtype]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BenchError(
            f"The process that stands for the app failed ({said[-1]}); run `sama app` to see why."
        )
    told = json.loads(done.stdout.splitlines()[-1])
    peak = None if told["peak"] is None else told["peak"] / MIB
    yield Row(name, 1000 * told["seconds"], None, peak, told["device"], told["dtype"])


def visit(path: str, device: str, dtype: str) -> dict:
    """Do in this process what `sama app` does for one visitor."""
    # Here, where only the process that stands for the app comes by.
    from sama.ui.examples_folder import examples_folder
    from sama.ui.model_call import on_gpu
    from sama.ui.model_thread import ModelThread
    from sama.ui.studio import build_studio
    from sama.ui.visit import Visit

    thread = ModelThread()
    predictor = thread.call(load, "mini", device=device, dtype=dtype)
    studio = build_studio(predictor, examples_folder(), thread)  # held, as a running app holds it
    started = time.perf_counter()
    visit = Visit(predictor, path, run=on_gpu(predictor, thread=thread))
    for _ in visit.encode():
        pass
    width, height = visit.size
    box = Prompts(boxes=((width / 4, height / 4, width * 3 / 4, height * 3 / 4),))
    visit.answer(visit.request(box), 1)
    seconds = time.perf_counter() - started
    del studio
    info = predictor.info
    return {"peak": peak_rss(), "seconds": seconds, "device": info.device, "dtype": info.dtype}


if __name__ == "__main__":
    print(json.dumps(visit(*sys.argv[1:])))
