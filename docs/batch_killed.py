"""A batch that is killed at random three times and resumed, beside a clean run: are the files the same?

    python docs/batch_killed.py PHOTOGRAPHS... --out OUT

Copies of 200 of the photographs in these folders, of at most 200 x 150 pixels, and a broken one among them go to
OUT/photos; OUT/clean is what one run makes of them, OUT/killed what is left by one that SIGKILL ended three times.
What follows `--` are further flags of `sama batch`.
"""

import argparse
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

FRAME = (200, 150)
BROKEN = "broken.jpg"
FLAGS = ["--box", "0.1,0.1,0.9,0.9", "--only", "cutout.png", "--only", "alpha16.png", "--only", "coco.json"]
FLAGS += ["--only", "session.json"]
KILLS = 3


def make_photos(folders: list[Path], count: int, out: Path) -> None:
    """`count` small copies with names of their own, and the first half of one."""
    paths = [path for each in folders for path in sorted(each.iterdir()) if path.suffix in (".jpg", ".png")]
    out.mkdir(parents=True)
    for i, path in enumerate(random.Random(0).sample(paths, count)):
        with Image.open(path) as photo:
            small = photo.convert("RGB")
        small.thumbnail(FRAME)
        small.save(out / f"{i:03}.jpg", quality=92)
    whole = (out / "000.jpg").read_bytes()
    (out / BROKEN).write_bytes(whole[: len(whole) // 2])


def tree(folder: Path) -> dict[str, bytes]:
    """The bytes of all files, by path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def done(out: Path) -> int:
    """How many photos are noted so far."""
    journal = out / "batch.jsonl"
    return journal.read_text("utf-8").count('"status"') if journal.exists() else 0


def kill(command: list[str], out: Path, more: int, seconds: float) -> None:
    """Run a batch until it has done some more photos, and then so many seconds; then SIGKILL."""
    until = done(out) + more
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while done(out) < until and process.poll() is None:
            time.sleep(0.01)
        time.sleep(seconds)
        if process.poll() is not None:
            raise SystemExit("It ended before it was to be killed.")
        process.kill()
    print(f"killed after {done(out)} photos", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = sys.argv[1:]
    own, more = (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, [])
    options = parser.parse_args(own)
    photos, clean, killed = (options.out / name for name in ("photos", "clean", "killed"))
    if not photos.exists():
        make_photos(options.folders, options.count, photos)
    batch = [sys.executable, "-m", "sama", "batch", str(photos), *FLAGS, *more, "--out"]
    began = time.monotonic()
    code = subprocess.call([*batch, str(clean)])  # goes on where this was stopped itself
    print(f"clean: exit code {code}, {time.monotonic() - began:.0f} s", flush=True)
    chance = random.Random(options.seed)
    shutil.rmtree(killed, ignore_errors=True)
    for _ in range(KILLS):
        kill([*batch, str(killed)], killed, chance.randint(1, options.count // 4), chance.uniform(0, 1))
    code = subprocess.call([*batch, str(killed)])
    one, other = tree(clean), tree(killed)
    differing = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
    print(f"killed {KILLS} times and resumed: exit code {code}, {len(other)} files, {len(differing)} differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
