"""What is written is opened by another program: pictures, alpha, rate, time stamps and sound are those that went in."""

import re
import weakref
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from sama.errors import SamaError
from sama.video.clip import Steady, open_clip
from sama.video.writing import writer
from tests.video.films import decoded, described, ffmpeg, film, near, sound, stamps

pytest.importorskip("av")
pytest.importorskip("imageio_ffmpeg")

SIZE, FIRST, COUNT = (96, 64), 10, 20
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", 6)
FILMS = {"webm": "cutout.webm", "prores": "cutout.mov", "green": "green.mp4", "composite": "composite.mp4"}


def alpha_of(index: int, size=SIZE) -> np.ndarray:
    """A disc with a soft rim that moves to the right, (H, W) float32."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    return np.clip((20 - np.hypot(x - 25 - index, y - size[1] / 2)) / 6 + 0.5, 0, 1)


ALPHAS = np.stack([alpha_of(index) for index in range(FIRST, FIRST + COUNT)])


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """60 frames, 30 a second, with a tone that begins after 0.6 seconds."""
    path = tmp_path_factory.mktemp("source") / "source.mp4"
    tone = "aevalsrc=if(gte(t\\,0.6)\\,0.5*sin(2*PI*440*t)\\,0):s=44100:d=2"
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc=size={SIZE[0]}x{SIZE[1]}:rate=30,gblur=sigma=10", "-f", "lavfi", "-i", tone,
        "-frames:v", 60, *H264, "-crf", 5, "-c:a", "aac", path,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    """All files of frames 10 to 29, and what went in."""
    out = tmp_path_factory.mktemp("written") / "out"
    clip = open_clip(source)
    names = ["webm", "prores", "png", "green", "composite"]
    with writer(names, out, clip, start=FIRST, background="#4060c0", foreground=False) as files:
        for frame in clip.between(FIRST, FIRST + COUNT):
            files.write(frame.rgb, alpha_of(frame.index))
    assert [path.name for path in files.paths] == [
        "cutout.webm", "cutout.mov", "cutout", "green.mp4", "matte.mp4", "composite.mp4",
    ]  # fmt: skip
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in files.paths)
    return out, np.stack([frame.rgb for frame in clip.between(FIRST, FIRST + COUNT)])


@pytest.mark.parametrize("name", [*FILMS.values(), "matte.mp4"])
def test_a_film_has_its_frames_at_its_rate_with_its_sound(written, name):
    path = written[0] / name
    told = described(path)
    assert len(decoded(path, SIZE)) == COUNT
    assert "30 fps" in told and ("Audio:" in told) == (name != "matte.mp4") and "bt709" in told
    assert np.abs(np.array(stamps(path)) - np.arange(COUNT) / 30).max() < 0.001
    if name != "matte.mp4":
        heard = sound(path)
        assert abs(len(heard) / 48_000 - COUNT / 30) < 0.05
        begun = np.flatnonzero(np.abs(heard) > 0.1)[0] / 48_000
        assert abs(begun - (0.6 - FIRST / 30)) < 0.03


def test_prores_and_png_hold_the_alpha_exactly(written):
    out, rgb = written
    film = decoded(out / "cutout.mov", SIZE, "rgba64le")
    assert np.abs(film[..., 3] / 65535 - ALPHAS).max() <= 2 / 255
    assert [path.name for path in sorted((out / "cutout").iterdir())] == [
        f"{index:05d}.png" for index in range(FIRST, FIRST + COUNT)
    ]
    frames = decoded(out / "cutout" / "%05d.png", SIZE, "rgba", before=("-start_number", FIRST))
    assert np.abs(frames[..., 3] / 255 - ALPHAS).max() <= 0.5001 / 255
    inside = ALPHAS > 0.99
    assert np.array_equal(frames[inside][:, :3], rgb[inside])
    assert np.abs(film[inside][:, :3] / 257.0 - rgb[inside]).mean() < 2
    assert not frames[ALPHAS == 0][:, :3].all(), "the old background is left away from the object"


def test_webm_holds_the_alpha_nearly(written):
    frames = decoded(written[0] / "cutout.webm", SIZE, "rgba", before=("-c:v", "libvpx-vp9"))
    wrong = np.abs(frames[..., 3] / 255 - ALPHAS)
    assert wrong.mean() < 2 / 255 and wrong.max() < 0.15 and np.ptp(frames[..., 3]) > 250
    near(frames[ALPHAS > 0.99][:, :3], written[1][ALPHAS > 0.99], 4)


def test_green_matte_and_composite(written):
    out, rgb = written
    matte = decoded(out / "matte.mp4", SIZE)
    assert np.abs(matte / 255 - ALPHAS[..., None]).mean() < 2 / 255
    for name, colour in (("green.mp4", (0, 177, 64)), ("composite.mp4", (0x40, 0x60, 0xC0))):
        wanted = ALPHAS[..., None] * rgb + (1 - ALPHAS[..., None]) * np.array(colour)
        near(decoded(out / name, SIZE), np.rint(wanted), 4)


def test_our_own_reader_sees_the_same(written):
    clip = open_clip(written[0] / "cutout.webm")
    assert (clip.frames, clip.rate, clip.has_sound, clip.variable_rate) == (COUNT, 30, True, False)
    assert clip.notes == ("transparency shown on white",)


def test_time_stamps_that_vary_are_kept(tmp_path):
    keep = r"select=not(mod(n\,4))+eq(mod(n\,4)\,1)"
    clip = open_clip(film(tmp_path / "vfr.mp4", "-vf", keep, "-fps_mode", "vfr", *H264, frames=10))
    with writer(["webm", "green", "prores"], tmp_path, clip, start=2) as files:
        for frame in clip.between(2):
            files.write(frame.rgb, np.ones((48, 64)))
    wanted = [float(clip.time(index) - clip.time(2)) for index in range(2, 10)]
    for name, within in (("cutout.webm", 0.0006), ("green.mp4", 1e-6), ("cutout.mov", 1e-6)):
        assert np.abs(np.array(stamps(tmp_path / name)) - wanted).max() <= within


def test_sound_that_the_container_does_not_take_is_encoded_anew(source, tmp_path):
    ffmpeg("-i", source, "-c:v", "copy", "-c:a", "libvorbis", tmp_path / "vorbis.mkv")
    clip = open_clip(tmp_path / "vorbis.mkv")
    with writer(["webm", "composite"], tmp_path, clip, start=3, background="white") as files:
        for frame in clip.between(3, 33):
            files.write(frame.rgb, alpha_of(frame.index))
    assert "Audio: vorbis" in described(tmp_path / "cutout.webm")
    assert "Audio: aac" in described(tmp_path / "composite.mp4")
    for name in ("cutout.webm", "composite.mp4"):
        heard = sound(tmp_path / name)
        begun = np.flatnonzero(np.abs(heard) > 0.1)[0] / 48_000
        assert abs(begun - 0.5) < 0.03 and abs(len(heard) / 48_000 - 1) < 0.06
    with writer("webm", tmp_path / "silent", clip, sound=False) as files:
        files.write(clip.frame(0).rgb, alpha_of(0))
    assert "Audio:" not in described(tmp_path / "silent" / "cutout.webm")


def test_stopping_early_keeps_what_is_done(source, tmp_path):
    clip = open_clip(source)
    with writer("webm", tmp_path, clip) as files:
        for frame in clip:
            files.write(frame.rgb, alpha_of(frame.index))
            if frame.index == 5:
                break
    assert files.frames == 6 and len(decoded(tmp_path / "cutout.webm", SIZE)) == 6
    assert abs(len(sound(tmp_path / "cutout.webm")) / 48_000 - 6 / 30) < 0.05


def test_all_files_or_none(source, tmp_path):
    clip, out = open_clip(source), tmp_path / "out"
    frame = clip.frame(0)

    def fail_after_a_frame(names):
        with writer(names, out, clip) as files:
            files.write(frame.rgb, alpha_of(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_after_a_frame(["webm", "png"])
    assert not out.exists()
    with writer(["webm", "png"], out, clip) as files:
        pass
    assert files.paths == () and not out.exists()
    for count in (3, 2):  # what is there is replaced by what is new, as a whole
        with writer(["webm", "png"], out, clip) as files:
            for _ in range(count):
                files.write(frame.rgb, alpha_of(0))
        assert len(list((out / "cutout").iterdir())) == count
    with pytest.raises(KeyboardInterrupt):
        fail_after_a_frame("png")
    assert len(list((out / "cutout").iterdir())) == 2
    assert sorted(path.name for path in out.iterdir()) == ["cutout", "cutout.webm"]


def test_odd_sizes_are_made_even_where_they_must_be(tmp_path):
    steady = Steady((65, 49), Fraction(30_000, 1001))
    rgb = np.random.default_rng(0).integers(0, 256, (49, 65, 3), dtype=np.uint8)
    with writer(["webm", "prores", "green"], tmp_path, steady, foreground=False) as files:
        for _ in range(3):
            files.write(rgb, alpha_of(0, (65, 49)))
    assert re.match("green.mp4 and matte.mp4: 66 x 50, ", files.notes[0]) and len(files.notes) == 1
    for name, size in (("cutout.webm", (65, 49)), ("cutout.mov", (65, 49)), ("green.mp4", (66, 50))):
        assert len(decoded(tmp_path / name, size)) == 3 and "29.97 fps" in described(tmp_path / name)


@pytest.mark.parametrize("foreground", [True, False])
def test_no_background_shines_through_the_estimated_colours(tmp_path, foreground):
    alpha = alpha_of(0)
    mixed = np.rint(alpha[..., None] * [255, 0, 0] + (1 - alpha[..., None]) * [0, 0, 255]).astype(np.uint8)
    with writer("png", tmp_path, Steady(SIZE), foreground=foreground) as files:
        files.write(mixed, alpha)
    rgba = np.asarray(Image.open(tmp_path / "cutout" / "00000.png"))
    rim = (alpha > 0.3) & (alpha < 0.7)
    assert (rgba[rim][:, 2].mean() < 40) == foreground


def test_what_makes_no_sense_is_refused_before_anything_is_written(source, tmp_path):
    clip, out = open_clip(source), tmp_path / "out"

    def refused(names, start=0, **more) -> str:
        with pytest.raises(SamaError) as caught, writer(names, out, clip, start=start, **more):
            pass
        assert not out.exists()
        return str(caught.value)

    assert "'avi' is no kind of file; choose from webm" in refused(["webm", "avi"])
    assert "choose from" in refused([])
    assert "choose a colour, a picture or blur" in refused("composite")
    assert "lies behind the last" in refused("webm", start=61)
    frame = clip.frame(59)
    with (
        pytest.raises(SamaError, match="write frames of the clip's own size"),
        writer("png", out, clip) as files,
    ):
        files.write(frame.rgb[1:], alpha_of(0))
    with writer("png", tmp_path / "last", clip, start=59) as files:
        files.write(frame.rgb, alpha_of(0))
        with pytest.raises(SamaError, match="lies behind the last"):
            files.write(frame.rgb, alpha_of(0))
    assert not out.exists()
    (out / "cutout").mkdir(parents=True)
    (out / "cutout" / "mine.txt").write_text("mine")
    with pytest.raises(SamaError, match="holds files of others"), writer("png", out, clip):
        pass
    assert [path.name for path in out.iterdir()] == ["cutout"]


def test_a_long_clip_is_written_without_being_held(tmp_path):
    alive, most = weakref.WeakValueDictionary(), 0
    alpha = np.ones((16, 16), np.float32)
    with writer(["webm", "green"], tmp_path, Steady((16, 16)), foreground=False) as files:
        for index in range(200):
            rgb = np.full((16, 16, 3), index % 256, np.uint8)
            alive[index] = rgb
            files.write(rgb, alpha)
            most = max(most, len(alive))
    assert most <= 3 and len(stamps(tmp_path / "cutout.webm")) == 200
