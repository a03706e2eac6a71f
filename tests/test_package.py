"""What is installed: the wheel's content, and the versions that stand in the requirements files."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools.lock import disagreements, pin_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this checkout, built without a network."""
    if not os.environ.get("CI"):
        pytest.importorskip("hatchling", reason="the extra dev is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder to import the wheel's content from."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def python(installed: Path, folder: Path, *arguments) -> str:
    """Run Python in `folder` with the unpacked wheel before anything else; return what it printed."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_code_page_weights_and_examples(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    made = {".pyc", ".pyi"}  # by Python, and by Gradio for its components where somebody lets it
    tree = [path for path in (ROOT / "sama").rglob("*") if path.is_file() and path.suffix not in made]
    wanted = {path.relative_to(ROOT).as_posix() for path in tree}
    examples = [path for path in (ROOT / "examples").rglob("*") if path.is_file()]
    wanted |= {f"sama/{path.relative_to(ROOT).as_posix()}" for path in examples}
    for ending in (".safetensors", ".jsonl", ".js", ".css", ".html", ".jpg", "answers/flower.png"):
        assert any(name.endswith(ending) for name in wanted), ending
    assert not wanted - held
    assert {name.split("/")[0] for name in held} == {"sama", wheel.name.split("-py3")[0] + ".dist-info"}
    assert not any(name.endswith((".pyc", ".pyi")) for name in held)


def test_the_wheel_names_version_extras_and_script(wheel):
    import sama

    archive = zipfile.ZipFile(wheel)
    (folder,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    metadata = archive.read(f"{folder}/METADATA").decode()
    assert f"\nVersion: {sama.__version__}\n" in metadata
    assert {"train", "eval", "dev"} <= set(re.findall(r"^Provides-Extra: (\w+)$", metadata, re.M))
    assert "sama = sama.commands.cli:main" in archive.read(f"{folder}/entry_points.txt").decode()


def test_the_installed_package_predicts_in_any_folder(installed, tmp_path):
    code = "from sama.ui.examples_folder import examples_folder; print(examples_folder())"
    examples = Path(python(installed, tmp_path, "-c", code).strip())
    assert examples == installed / "sama" / "examples"
    flags = ["--box", "166,80,456,384", "--device", "cpu", "--out", "out"]
    code = "import sys; from sama.commands.cli import main; sys.exit(main())"  # as the script `sama` does
    python(installed, tmp_path, "-c", code, "predict", examples / "flower.jpg", *flags)
    assert (tmp_path / "out" / "alpha.png").is_file()


def test_the_installed_package_builds_the_page(installed, tmp_path):
    code = (
        "from sama.ui.examples_folder import examples_folder; from sama.ui.examples import read_examples\n"
        "from sama.ui.studio import launch_options; import sama.ui.viewer\n"
        "print(len(read_examples(examples_folder())), *launch_options(examples_folder())['css_paths'])"
    )
    count, *styles = python(installed, tmp_path, "-c", code).split()
    assert int(count) == len(list((ROOT / "examples").glob("*.jpg")))
    assert styles
    assert all(Path(css).is_file() and Path(css).is_relative_to(installed) for css in styles)


def test_in_a_checkout_the_examples_lie_beside_the_package():
    from sama.ui.examples_folder import examples_folder

    assert examples_folder() == ROOT / "examples"


def test_ranges_and_pins_agree():
    assert disagreements() == []


@pytest.mark.parametrize(
    ("space", "dev", "said"),
    [
        ("numpy==2.4.0\n", "pytest[x]==9.2.1\n", None),
        ("numpy==3.0\n", "pytest[x]==9.2.1\n", "has numpy==3.0"),
        ("numpy>=2.4\n", "pytest[x]==9.2.1\n", "does not pin numpy"),
        ("", "pytest[x]==9.2.1\n", "requirements.txt lacks numpy"),
        ("numpy==2.4.0\n", "pytest==9.2.1\n", "wants pytest[x]"),
        (
            "numpy==2.4.0\n",
            "pytest[x]==9.2.1\nscipy==1.0\n",
            "scipy==1.0, which pyproject.toml does not name",
        ),
    ],
    ids=["agree", "outside", "range", "missing", "extra missing", "left over"],
)
def test_a_disagreement_is_said(tmp_path, space, dev, said):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "toy"\ndependencies = ["numpy>=2.3,<3"]\n'
        '[project.optional-dependencies]\ndev = ["toy[eval]", "pytest[x]>=9"]\neval = []\n'
    )
    (tmp_path / "requirements.txt").write_text(f"# pinned\n{space}")
    (tmp_path / "requirements-dev.txt").write_text(f"-r requirements.txt\n{dev}")
    found = disagreements(tmp_path)
    assert not found if said is None else said in " ".join(found)


def test_a_pin_is_for_the_machines_that_its_requirement_is_for():
    line = pin_of(Requirement("toy[b,a]>=1; platform_machine == 'x86_64'"), "1.5")
    assert line == 'toy[a,b]==1.5; platform_machine == "x86_64"'
    assert Requirement(line).marker.evaluate({"platform_machine": "arm64"}) is False


def test_requirements_files_and_extras_that_are_named_exist():
    texts = [ROOT / "README.md", ROOT / "Makefile", *ROOT.glob("docs/*.md"), *ROOT.glob("sama/**/*.md")]
    for path in [*texts, *ROOT.glob("sama/**/*.py")]:
        text = path.read_text("utf-8")
        for name in re.findall(r"requirements[\w-]*\.txt", text):
            assert (ROOT / name).is_file(), f"{path}: {name}"
        for names in re.findall(r"\.\[([\w,]+)\]'", text):
            assert set(names.split(",")) <= set(PROJECT["optional-dependencies"]), f"{path}: {names}"
