"""The named endpoints, as programs and language models call them."""

import base64
import io
import json
import re
import zipfile

import httpx
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from sama.export.outputs import Outputs
from sama.matting import parse_background
from sama.methods import answer
from sama.photo.opening import open_image
from sama.request.prompts import Prompts
from sama.request.settings import Settings
from tests.helpers import asked
from tests.ui.browser.conftest import EXAMPLES
from tests.ui.browser.fake_predictor import FakePredictor

FLOWER = EXAMPLES / "flower.jpg"
BOX = [166, 80, 456, 384]
CLICK = [200, 350, 0]


@pytest.fixture(scope="module")
def outputs() -> Outputs:
    """What the endpoints must return."""
    photo = open_image(FLOWER)
    predictor = FakePredictor()
    list(predictor.set_image(photo.rgb))
    prompts = Prompts((tuple(CLICK),), (tuple(BOX),)).validate(photo.size)
    settings = Settings(parse_background("#204060"))
    request = asked(predictor, prompts)
    return Outputs(photo, answer(predictor, request), request, settings, predictor.info)


def pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_predict(client, outputs):
    mask, alpha, cutout, report = client.predict(
        image=handle_file(FLOWER), points=[CLICK], boxes=[BOX], api_name="/predict"
    )
    np.testing.assert_array_equal(pixels(mask) > 0, outputs.own_mask)
    np.testing.assert_array_equal(pixels(alpha), np.rint(outputs.alpha * 255))
    np.testing.assert_array_equal(pixels(cutout), outputs.cutout)
    assert report["scores"] == [0.9] and report["chosen"] == 0
    assert report["size"] == [640, 427] and report["weights"] == "0123456789ab"


def test_the_other_endpoints(client, outputs):
    photo = {"image": handle_file(FLOWER), "points": [CLICK], "boxes": [BOX]}
    mask, _ = client.predict(**photo, api_name="/segment")
    np.testing.assert_array_equal(pixels(mask) > 0, outputs.own_mask)
    alpha, cutout, _ = client.predict(**photo, api_name="/matte")
    np.testing.assert_array_equal(pixels(alpha), np.rint(outputs.alpha * 255))
    np.testing.assert_array_equal(pixels(cutout), outputs.cutout)
    composite, _ = client.predict(**photo, background="#204060", api_name="/composite")
    np.testing.assert_array_equal(pixels(composite), outputs.composite)
    info = client.predict(api_name="/info")
    assert (info["model"], info["weights"], info["sama_weights"]) == ("fake", "0123456789ab", True)


def test_a_matte_follows_a_mask(client, tmp_path):
    mask = np.zeros((427, 640), np.uint8)
    mask[100:300, 200:400] = 255
    for name, array in (("mask", mask), ("small", mask[:-1]), ("empty", 0 * mask)):
        Image.fromarray(array).save(tmp_path / f"{name}.png")
    photo = handle_file(FLOWER)
    asked = {"image": photo, "mask": handle_file(tmp_path / "mask.png"), "api_name": "/from_mask"}
    alpha, cutout, report = client.predict(**asked)
    np.testing.assert_array_equal(pixels(alpha), mask)
    np.testing.assert_array_equal(pixels(cutout)[..., 3], mask)
    assert report["method"] == "from_mask" and report["size"] == [640, 427]
    for name, told in (
        ("small", "640 x 426 pixels and the upright photo 640 x 427"),
        ("empty", "marks nothing"),
    ):
        with pytest.raises(AppError, match=told):
            client.predict(**asked | {"mask": handle_file(tmp_path / f"{name}.png")})
    with pytest.raises(AppError, match="There is no mask"):
        client.predict(**asked | {"mask": None})


def test_objects_stay_apart(client, without_figures):
    photo = {"image": handle_file(FLOWER), "boxes": [BOX, [20, 20, 220, 200]]}
    coco, archive, report = client.predict(**photo, names=["flower"], api_name="/objects")
    told = [(each["name"], each["score"]) for each in report["objects"]]
    assert told == [("flower", 0.9), ("", 0.9)]
    with open(coco, encoding="utf-8") as file:
        annotations = json.load(file)["annotations"]
    assert [each["area"] for each in annotations] == [each["area"] for each in report["objects"]]
    with zipfile.ZipFile(archive) as file:
        assert {"objects/1_flower/alpha.png", "objects/2/alpha.png"} <= set(file.namelist())
    _, archive, report = client.predict(**photo, together=True, api_name="/objects")
    with zipfile.ZipFile(archive) as file:
        assert not [name for name in file.namelist() if name.startswith("objects/")]
    assert len(report["objects"]) == 1
    with pytest.raises(AppError, match="names object 3 and there are 2"):
        client.predict(**photo, names=["a", "b", "c"], api_name="/objects")


def test_only_these_are_offered_and_documented(client):
    offered = client.view_api(return_format="dict", print_info=False)
    assert set(offered["named_endpoints"]) == {
        "/predict",
        "/segment",
        "/matte",
        "/composite",
        "/from_mask",
        "/objects",
        "/everything",
        "/find",
        "/video",
        "/info",
    }
    assert not offered["unnamed_endpoints"]


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        ({"points": [[9000, 10, 1]]}, "lies outside the photo of 640 x 427 pixels"),
        ({"points": [[10, 10, 1], [None, 3, 1]]}, "must be made of numbers"),
        ({"boxes": [[10, 10, 10, 90]]}, "has no area"),
        ({"boxes": "abc"}, "must be a list of numbers"),
        ({"points": [[10, 10, 0]]}, "only negative clicks"),
        ({}, "Nothing is marked"),
        ({"points": [[10, 10, 1]], "candidate": -1}, "number of one of SAM's masks"),
    ],
)
def test_mistakes_are_one_sentence(client, prompts, sentence):
    with pytest.raises(AppError, match=sentence) as caught:
        client.predict(image=handle_file(FLOWER), **prompts, api_name="/segment")
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and "Traceback" not in text


def call(url: str, name: str, data: str) -> str:
    """Call an endpoint by plain HTTP, with JSON that a client library would not send; returns its last event."""
    answer = httpx.post(
        f"{url}/gradio_api/call/{name}", content=data, headers={"Content-Type": "application/json"}
    )
    if answer.status_code != 200:
        return answer.text
    return httpx.get(f"{url}/gradio_api/call/{name}/{answer.json()['event_id']}", timeout=60).text


def uploaded(url: str) -> dict:
    with FLOWER.open("rb") as file:
        (path,) = httpx.post(f"{url}/gradio_api/upload", files={"files": file}).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity"])
def test_numbers_that_are_none(url, number):
    data = json.dumps({"data": [uploaded(url), [["N", 20, 1]], [], None]}).replace('"N"', number)
    told = call(url, "segment", data)
    assert "event: complete" not in told
    assert "NaN or infinity" in told or "JSON" in told or "json" in told, told


SECRET = str(EXAMPLES.parent / "app.py")


@pytest.mark.parametrize("path", ["/etc/passwd", SECRET, "../../../../etc/passwd", f"file://{SECRET}"])
def test_a_server_path_gets_nothing(url, path):
    image = {"path": path, "meta": {"_type": "gradio.FileData"}}
    told = call(url, "predict", json.dumps({"data": [image, [[9, 9, 1]], [], None]}))
    assert "event: complete" not in told and "root:" not in told
    (call_of_composite, background) = ("composite", f"image:{path}")
    data = [uploaded(url), [[300, 200, 1]], [], None, background]
    told = call(url, call_of_composite, json.dumps({"data": data}))
    assert "event: complete" not in told


@pytest.mark.parametrize(
    "route",
    [
        "file=/etc/passwd",
        f"file={SECRET}",
        "file=../../../../etc/passwd",
        "file=%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        f"file={EXAMPLES}/../app.py",
        f"file={EXAMPLES}/..%2fapp.py",
    ],
)
def test_the_file_route_serves_no_server_path(url, route):
    answer = httpx.get(f"{url}/gradio_api/{route}")
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text and "argparse" not in answer.text


def mcp(url: str, method: str, **params) -> dict:
    """One JSON-RPC request to the MCP server, by streamable HTTP."""
    answer = httpx.post(
        f"{url}/gradio_api/mcp/",
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
        headers={"Accept": "application/json, text/event-stream"},
        timeout=60,
    )
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    return json.loads(lines[-1])["result"]  # news of the progress may come before it


def test_mcp_lists_the_tools_with_their_arguments(url):
    tools = {tool["name"]: tool for tool in mcp(url, "tools/list")["tools"]}
    names = {
        "predict",
        "segment",
        "matte",
        "composite",
        "from_mask",
        "info",
        "objects",
        "find",
        "everything",
        "video",
    }
    assert set(tools) == names
    schema = tools["predict"]["inputSchema"]
    assert schema["required"] == ["image"]
    assert schema["properties"]["boxes"]["type"] == "array"
    for name, tool in tools.items():
        assert len(tool["description"]) > 40, name
        for argument, described in tool["inputSchema"]["properties"].items():
            assert described["description"], (name, argument)


def test_mcp_answers_a_call(url, outputs):
    image = "data:image/jpeg;base64," + base64.b64encode(FLOWER.read_bytes()).decode()
    asked = {"name": "predict", "arguments": {"image": image, "points": [CLICK], "boxes": [BOX]}}
    result = mcp(url, "tools/call", **asked, _meta={"progressToken": "x"})
    pictures = [c for c in result["content"] if c["type"] == "image"]
    assert len(pictures) == 3 and not result["isError"]
    mask = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0]["data"]))))
    np.testing.assert_array_equal(mask > 0, outputs.own_mask)
    # And to who does not ask for news of the progress.
    content = mcp(url, "tools/call", **asked)["content"]
    assert [c for c in content if c["type"] == "image"] == pictures
    link = re.search(r"http\S+mask\.png", content[1]["text"]).group()
    mask = np.asarray(Image.open(io.BytesIO(httpx.get(link).content)))
    np.testing.assert_array_equal(mask > 0, outputs.own_mask)
    wrong = mcp(url, "tools/call", name="predict", arguments={"image": SECRET, "boxes": [BOX]})
    assert wrong["isError"] and "argparse" not in json.dumps(wrong)
