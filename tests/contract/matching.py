"""Whether a live answer is as the recorded one was: the rules of the comparison, and nothing else.

Same status, same JSON keys and types; every value equal, except that ids are matched one to one (an id seen again must be
the same thing again), and values no two servers share (times, hashes, durations, extracted keywords, token counts, scores)
are compared by type alone. Rows made within the same seconds may come in any order; the wording of messages is free.
White space in extracted text is folded.
"""

import re
from collections.abc import Collection
from typing import Any

import httpx

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
BATCH = re.compile(r"\b20\d{18}\b")
EPOCH = re.compile(r"1\d{9}(\.\d+)?")
TEMPORARY_FILE = re.compile(r"/tmp/[\w./-]+")  # noqa: S108  (a text in recorded messages)
BY_TYPE = {
    "index_node_hash",
    "index_node_id",
    "keywords",
    "tokens",
    "score",
    "indexing_latency",
    "updated_by",
    "author_name",
    "elapsed_ms",
    "hash",
    "completed_at",
    "preview_url",
    "url",
    "download_url",
    "source_url",
    "extension_type",
    "segment_hash",
}
IN_PROGRESS = {"waiting", "queuing", "parsing", "cleaning", "splitting", "indexing"}
SAME_MOMENT_SECONDS = 5  # the API keeps whole seconds: rows this close together have no fixed order
EARLIEST_TIME = 1_500_000_000  # a number above it is a time


class Ids:
    """Recorded id -> live id, one to one; and the fields that a later version may add or leave out."""

    def __init__(self, new: Collection[str] = (), missing: Collection[str] = ()) -> None:
        self.live: dict[str, str] = {}
        self.recorded: dict[str, str] = {}
        self.new, self.missing = set(new), set(missing)

    def match(self, recorded: str, live: str) -> bool:
        recorded, live = recorded.lower(), live.lower()
        if recorded in self.live or live in self.recorded:
            return self.live.get(recorded) == live
        self.live[recorded], self.recorded[live] = live, recorded
        return True

    def translate(self, text: str) -> str:
        return BATCH.sub(self._swap, UUID.sub(self._swap, text))

    def _swap(self, found: re.Match[str]) -> str:
        live = self.live.get(found[0].lower(), found[0])
        return live.upper() if found[0].isupper() else live


def judge(recorded: dict[str, Any], response: httpx.Response, ids: Ids) -> list[str]:
    """What in the answer is not as recorded; empty when it holds."""
    if response.status_code != recorded["status"]:
        return [f"status {response.status_code}, recorded {recorded['status']}: {response.text[:160]!r}"]
    if "json" not in recorded:
        kind = response.headers.get("content-type", "").partition(";")[0]
        same = kind == recorded.get("content_type", "").partition(";")[0]
        return [] if same else [f"content type {kind!r}, recorded {recorded.get('content_type')!r}"]
    if (live := parsed(response)) is None and recorded["json"] is not None:
        return [f"not JSON: {response.text[:80]!r}"]
    return differences(recorded["json"], live, ids)


def parsed(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def differences(recorded: Any, live: Any, ids: Ids, key: str = "", where: str = "") -> list[str]:
    if isinstance(recorded, dict) and isinstance(live, dict):
        return object_differences(recorded, live, ids, where)
    if isinstance(recorded, list) and isinstance(live, list):
        return list_differences(recorded, live, ids, key, where)
    if isinstance(recorded, str) and isinstance(live, str):
        return text_differences(recorded, live, ids, key, where)
    if is_number(recorded) and is_number(live):
        same = recorded == live or key in BY_TYPE or key.endswith("_at") or min(recorded, live) > EARLIEST_TIME
        return [] if same else [f"{where}: {live!r}, recorded {recorded!r}"]
    if key.endswith("_at") or key in BY_TYPE:  # a time that has not come yet on one side
        return [] if {type(recorded), type(live)} <= {type(None), int, float, str, list} else [f"{where}: {live!r}"]
    same = recorded == live and type(recorded) is type(live)
    return [] if same else [f"{where}: {live!r}, recorded {recorded!r}"]


def object_differences(recorded: dict[str, Any], live: dict[str, Any], ids: Ids, where: str) -> list[str]:
    found = [f"{where}.{name}: missing" for name in recorded.keys() - live.keys() - ids.missing]
    found += [f"{where}.{name}: not in the recording" for name in live.keys() - recorded.keys() - ids.new]
    for name in recorded.keys() & live.keys():
        found += differences(recorded[name], live[name], ids, name, f"{where}.{name}")
    return sorted(found)


def list_differences(recorded: list[Any], live: list[Any], ids: Ids, key: str, where: str) -> list[str]:
    if key in BY_TYPE:
        return []
    if len(recorded) != len(live):
        return [f"{where}: {len(live)} items, recorded {len(recorded)}"]
    if of_one_moment(recorded):
        return unordered_differences(recorded, live, ids, where)
    pairs = enumerate(zip(recorded, live, strict=True))
    return [line for i, pair in pairs for line in differences(*pair, ids, key, f"{where}[{i}]")]


def of_one_moment(rows: list[Any]) -> bool:
    """Whether rows come in no fixed order: tags, and rows whose times lie too close together."""
    if len(rows) > 1 and all(isinstance(row, dict) and "binding_count" in row for row in rows):
        return True
    times: list[Any] = [
        row.get("created_at") for row in rows if isinstance(row, dict) and "id" in row and "position" not in row
    ]
    return len(times) == len(rows) > 1 and all(map(is_number, times)) and max(times) - min(times) <= SAME_MOMENT_SECONDS


def unordered_differences(recorded: list[Any], live: list[Any], ids: Ids, where: str) -> list[str]:
    """The same rows in any order; where a page cuts the list, so that other rows may show, rows of the same shape."""
    by_id = {ids.recorded.get(str(row.get("id")).lower()): row for row in live if isinstance(row, dict)}
    if all(row["id"] in by_id for row in recorded):
        pairs = [(row, by_id[row["id"]]) for row in recorded]
        return [line for i, pair in enumerate(pairs) for line in differences(*pair, ids, "", f"{where}[{i}]")]
    shapes = enumerate(zip(recorded, live, strict=True))
    return [f"{where}[{i}]: other keys" for i, (a, b) in shapes if not isinstance(b, dict) or a.keys() != b.keys()]


def text_differences(recorded: str, live: str, ids: Ids, key: str, where: str) -> list[str]:
    if key in BY_TYPE:
        return []
    if key in {"message", "error"} or ".errors." in where:  # wording is free, silence is not
        same = bool(recorded.strip()) == bool(live.strip())
        return [] if same else [f"{where}: {live[:80]!r}, recorded {recorded[:80]!r}"]
    if key == "indexing_status" and recorded in IN_PROGRESS and live in IN_PROGRESS | {"completed"}:
        return []
    if key == "display_status" and recorded in {"queuing", "indexing"} and live in {"queuing", "indexing", "available"}:
        return []
    for pattern in (UUID, BATCH):
        if pattern.fullmatch(recorded):
            same = pattern.fullmatch(live) is not None and ids.match(recorded, live)
            return [] if same else [f"{where}: id {live}, recorded {recorded} is {ids.live.get(recorded.lower(), 'new')}"]
    if EPOCH.fullmatch(recorded) and EPOCH.fullmatch(live):
        return []
    same = fold(ids.translate(recorded)) == fold(live)
    return [] if same else [f"{where}: {live[:120]!r}, recorded {recorded[:120]!r}"]


def fold(text: str) -> str:
    return " ".join(TEMPORARY_FILE.sub("/tmp/x", text).split())  # noqa: S108


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
