"""`make lock`: write the exact versions that a Space and the tests install, from the ranges of pyproject.toml.

    python -m tools.lock [--upgrade]

requirements.txt pins the package's own dependencies, requirements-dev.txt those of all extras. A pin stays as long as
its range and everybody else's allow it; with --upgrade the newest that fit together are taken. Versions come from
PyPI, through pip.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parents[1]
SPACE, DEV = "requirements.txt", "requirements-dev.txt"
HEADS = {
    SPACE: "# Written by `make lock` from pyproject.toml: what a Space installs.\n",
    DEV: f"# Written by `make lock` from pyproject.toml: everything the tests need.\n-r {SPACE}\n",
}


def wanted(root: Path = ROOT) -> dict[str, list[Requirement]]:
    """Return what each file must pin, as ranges in pyproject's order; extras of our own are resolved."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [Requirement(text) for extra in project["optional-dependencies"].values() for text in extra]
    others = {
        str(each): each for each in extras if each.name != project["name"]
    }  # two extras may want the same
    return {SPACE: [Requirement(text) for text in project["dependencies"]], DEV: list(others.values())}


def pins(text: str) -> dict[NormalizedName, Requirement]:
    """Return the requirements of a requirements file by canonical name."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def disagreements(root: Path = ROOT) -> list[str]:
    """Return a sentence for everything in which pyproject.toml and the requirements files differ."""
    said = []
    for file, requirements in wanted(root).items():
        pinned = pins((root / file).read_text("utf-8"))
        unnamed = pinned.keys() - {canonicalize_name(requirement.name) for requirement in requirements}
        for requirement in requirements:
            pin = pinned.get(canonicalize_name(requirement.name))
            if pin is None:
                said.append(f"{file} lacks {requirement}.")
            elif (version := _version(pin)) is None:
                said.append(f"{file} does not pin {pin}.")
            elif not requirement.specifier.contains(version) or pin.extras != requirement.extras:
                said.append(f"{file} has {pin}, pyproject.toml wants {requirement}.")
        said += [
            f"{file} has {pinned[name]}, which pyproject.toml does not name." for name in sorted(unnamed)
        ]
    return said


def resolve(requirements: list[Requirement], kept: list[str]) -> dict[NormalizedName, str]:
    """Ask pip for versions that fit together, by canonical name; `kept` are constraints. Installs nothing."""
    with tempfile.TemporaryDirectory() as folder:
        constraints, report = Path(folder) / "kept.txt", Path(folder) / "report.json"
        constraints.write_text("\n".join(kept))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--constraint", str(constraints), "--report", str(report), *map(str, requirements)]
        subprocess.run(command, check=True)
        found = json.loads(report.read_text("utf-8"))["install"]
    return {canonicalize_name(each["metadata"]["name"]): each["metadata"]["version"] for each in found}


def main(arguments: list[str] | None = None) -> int:
    """Write both files."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.lock", description="Pin what pyproject.toml asks for."
    )
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    upgrade = parser.parse_args(arguments).upgrade
    files = wanted()
    every = {canonicalize_name(r.name): r for requirements in files.values() for r in requirements}
    pinned = pins("\n".join((ROOT / file).read_text("utf-8") for file in files if (ROOT / file).exists()))
    kept = [
        f"{name}=={version}"
        for name, pin in pinned.items()
        if not upgrade and name in every
        if (version := _version(pin)) and every[name].specifier.contains(version)
    ]
    versions = resolve(list(every.values()), kept)
    for file, requirements in files.items():
        lines = [pin_of(each, versions[canonicalize_name(each.name)]) for each in requirements]
        (ROOT / file).write_text(HEADS[file] + "".join(f"{line}\n" for line in lines), "utf-8")
        print(f"wrote {file}")
    return 0


def _version(pin: Requirement) -> str | None:
    """The one version that a requirement allows; None where it allows several."""
    exact = [each.version for each in pin.specifier if each.operator == "=="]
    return exact[0] if len(exact) == len(pin.specifier) == 1 else None


def pin_of(requirement: Requirement, version: str) -> str:
    """The line that pins a requirement, on the machines that it is for."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}=={version}{marker}"


if __name__ == "__main__":
    sys.exit(main())
