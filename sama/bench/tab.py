"""A visitor's tab without a browser: the requests that the page's scripts send, and what comes back."""

import json
import uuid
from contextlib import ExitStack
from typing import Any

import httpx
from gradio_client.utils import apply_diff

_TIMEOUT = httpx.Timeout(300, connect=60)  # seconds; a busy server answers late
_UNSET = "__type__"


class Refused(Exception):
    """The server has answered with an error: its sentence, or what stands for it."""


class Tab:
    """One open page. Its server keeps what the visitor does until `close`, as it does for a browser."""

    def __init__(self, url: str):
        self._url = url.rstrip("/") + "/gradio_api"
        self._session = uuid.uuid4().hex[:12]
        self._left = ExitStack()
        self._http = self._left.enter_context(httpx.Client(timeout=_TIMEOUT))
        self._http.get(url).raise_for_status()
        config = self._http.get(f"{url.rstrip('/')}/config").raise_for_status().json()
        self._ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        self._calls = config["dependencies"]
        # Held open without being read: that it ends is how the server hears of a tab that is closed.
        self._left.enter_context(self._http.stream("GET", f"{self._url}/heartbeat/{self._session}"))
        self.said: list[str] = []  # the server's warnings

    def close(self) -> None:
        """Leave, whatever is still going on."""
        self._left.close()

    def upload(self, name: str, data: bytes) -> dict[str, Any]:
        """Send a file; returns it as the page names it."""
        answer = self._http.post(f"{self._url}/upload", files={"files": (name, data)})
        (path,) = answer.raise_for_status().json()
        return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def call(
        self, component: str, event: str, values: dict[str, Any], *, wait: bool = True
    ) -> dict[str, Any]:
        """Do what a component's event does on the page, with what follows it; returns the props that were set last,
        {component: {prop: value}}.

        values: of components, by name. wait=False only asks. Raises Refused, and what httpx raises.
        """
        changed: dict[str, Any] = {}
        call = next(c for c in self._calls if [self._ids.get(component), event] in c["targets"])
        while call is not None:
            self._ask(call, values)
            if not wait:
                return {}
            for name, props in self._answer(call).items():
                changed.setdefault(name, {}).update(props)
            after = call["id"]
            call = next((c for c in self._calls if c.get("trigger_after") == after and c["backend_fn"]), None)
        return changed

    def _ask(self, call: dict[str, Any], values: dict[str, Any]) -> None:
        names = {identity: name for name, identity in self._ids.items()}
        body = {
            "data": [values.get(names.get(identity) or "") for identity in call["inputs"]],
            "fn_index": call["id"],
            "session_hash": self._session,
        }
        answer = self._http.post(f"{self._url}/queue/join", json=body)
        if answer.status_code != 200:
            raise Refused(str(answer.json().get("detail", answer.status_code)))

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """Read what comes until the call has ended."""
        names = {identity: name for name, identity in self._ids.items() if name}
        before: list[Any] | None = None
        changed: dict[str, Any] = {}
        with self._http.stream(
            "GET", f"{self._url}/queue/data", params={"session_hash": self._session}
        ) as stream:
            for line in stream.iter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                if message["msg"] == "log":
                    self.said.append(message["log"])
                elif message["msg"] == "process_generating":
                    data = message["output"]["data"]
                    before = data = data if before is None else list(map(apply_diff, before, data))
                    self._note(changed, names, call, data)
                elif message["msg"] == "process_completed":
                    if not message["success"]:
                        raise Refused(str(message["output"].get("error") or message.get("title")))
                    self._note(changed, names, call, message["output"].get("data", []))
                    return changed
                elif message["msg"] in ("unexpected_error", "close_stream"):
                    raise Refused(str(message.get("message", "the stream has ended")))
        raise Refused("the stream has ended")

    @staticmethod
    def _note(changed: dict[str, Any], names: dict[int, str], call: dict[str, Any], data: list[Any]) -> None:
        for identity, value in zip(call["outputs"], data, strict=False):
            if isinstance(value, dict) and isinstance(props := value.get("props"), dict):
                set_now = {key: prop for key, prop in props.items() if key != _UNSET}
                changed.setdefault(names.get(identity, ""), {}).update(set_now)
