"""Photos in a folder."""

from pathlib import Path

import pytest

from sama.errors import PhotoError
from sama.photo.folders import photos_in


def test_photos_by_name_whatever_else_there_is(tmp_path):
    for name in ("b.JPG", "a.png", "notes.txt", "c.webp"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in photos_in(tmp_path)] == ["a.png", "b.JPG", "c.webp"]


def test_the_sentence_of_each_folder_that_will_not_do(tmp_path, monkeypatch):
    def told(folder: Path) -> str:
        with pytest.raises(PhotoError) as refused:
            photos_in(folder)
        return str(refused.value)

    assert told(tmp_path) == f"{tmp_path} has no photos; put some there, or give another folder."
    (tmp_path / "file").write_bytes(b"")
    assert told(tmp_path / "file") == f"{tmp_path / 'file'} is no folder; give one with photos in it."

    def fail(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", fail)
    assert told(tmp_path) == f"{tmp_path} cannot be read (Permission denied); change its permissions."
