"""Graphs on disk, so that a module is traced once on a machine and not at every start."""

import hashlib
import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from sama.models.graphs.runtime import core, version

MODELS = Path(__file__).parents[1]  # whose code says what a graph does
FILES = (".bin", ".xml")  # weights first: whoever sees the graph finds them
KEPT_DAYS = 60  # without being used


def default_folder() -> Path:
    """Where graphs are kept: `SAMA_GRAPHS`, or `sama/graphs` in the user's folder for what can be made again."""
    if own := os.getenv("SAMA_GRAPHS"):
        return Path(own)
    home = os.getenv("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "sama" / "graphs"


@dataclass(frozen=True)
class Store:
    """Graphs of modules with the weights that `weights` identifies, in a folder. A folder that cannot be read or
    written keeps nothing."""

    folder: Path
    weights: str

    def get(self, name: str, dtype: torch.dtype, shapes: tuple):
        """What was put under this name, for products in `dtype` and inputs of these shapes, or None."""
        path = self._path(name, dtype, shapes)
        try:
            if not path.is_file():
                return None
            for suffix in FILES:
                os.utime(path.with_suffix(suffix))
            return core().read_model(path)
        except (OSError, RuntimeError):  # damaged, so it is made again
            return None

    def put(self, name: str, dtype: torch.dtype, shapes: tuple, model) -> None:
        """Keep a model whose products are made in `dtype`; its weights in half precision unless that is float32."""
        from openvino import save_model

        path = self._path(name, dtype, shapes)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=self.folder) as making:
                made = Path(making) / path.name
                save_model(model, made, compress_to_fp16=dtype != torch.float32)
                for suffix in FILES:
                    made.with_suffix(suffix).replace(path.with_suffix(suffix))
            self._tidy()
        except (OSError, RuntimeError):
            return

    def _tidy(self) -> None:
        """Remove what has not been used for long, such as graphs of other versions."""
        for path in self.folder.iterdir():
            if path.suffix in FILES and path.stat().st_mtime < time.time() - KEPT_DAYS * 24 * 3600:
                path.unlink(missing_ok=True)

    def _path(self, name: str, dtype: torch.dtype, shapes: tuple) -> Path:
        said = repr((name, dtype, shapes, self.weights, version(), _code()))
        return self.folder / f"{name.replace(' ', '_')}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.xml"


@cache
def _code() -> str:
    """A digest of the code of the models."""
    digest = hashlib.sha256()
    for path in sorted(MODELS.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
