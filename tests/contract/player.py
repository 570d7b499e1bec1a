"""Plays recorded exchanges of a real Dify against any server that speaks the dataset API, and says what differs.

    python -m tests.contract.player --base-url http://127.0.0.1:5051/v1 --key dataset-... [--group 02-datasets] [--verbose]

The server should hold no datasets at the start. The exchanges are played in the order in which they were recorded;
matching.py compares the answers. An exchange marked "setup" only prepares state: it is played and not counted.
Exit status 0 when every counted exchange holds or is named in DIFFERENCES.md.
"""

import argparse
import base64
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.contract.matching import IN_PROGRESS, Ids, judge, parsed

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
DIFFERENCES = HERE / "DIFFERENCES.md"
LISTED = re.compile(r"^- `(?P<name>[\w.-]+/[\w.-]+)`", re.MULTILINE)
BUSY = ("is being indexed", "is indexing, please try again later")
SETTLE_SECONDS = 30
POLL_SECONDS = 0.02
PATIENCE = 60
SHOWN = 3

Exchange = dict[str, Any]
Part = tuple[str, tuple[str | None, bytes | str] | tuple[str, bytes, str]]


@dataclass
class Outcome:
    """One counted exchange; it holds when there is no difference."""

    group: str
    name: str
    why: str
    differences: list[str]

    @property
    def full_name(self) -> str:
        return f"{self.group}/{self.name}"


def recordings(groups: list[str] | None = None) -> list[tuple[str, Exchange]]:
    """Every exchange with its group, in the order in which they were recorded."""
    files = [file for file in sorted(RECORDINGS.glob("*.jsonl")) if not groups or file.stem in groups]
    found = [(file.stem, json.loads(line)) for file in files for line in file.open(encoding="utf-8")]
    return sorted(found, key=lambda pair: pair[1]["seq"])


def listed_differences() -> set[str]:
    """The exchanges that are known not to hold, each with its reason."""
    return set(LISTED.findall(DIFFERENCES.read_text()))


def play_all(base_url: str, key: str, exchanges: list[tuple[str, Exchange]]) -> Iterator[Outcome]:
    ids = Ids()
    with httpx.Client(base_url=base_url, timeout=PATIENCE, trust_env=False) as client:
        for group, exchange in exchanges:
            found = differences_of(client, exchange, key, ids)
            if not exchange.get("setup"):
                yield Outcome(group, exchange["name"], exchange["why"], found)


def differences_of(client: httpx.Client, exchange: Exchange, key: str, ids: Ids) -> list[str]:
    try:
        return judge(exchange["response"], settle(client, exchange, key, ids), ids)
    except httpx.HTTPError as error:
        return [f"{type(error).__name__}: {error}"]


def settle(client: httpx.Client, exchange: Exchange, key: str, ids: Ids) -> httpx.Response:
    """Play; where the recording shows a server at rest, play again until this one has come to rest too."""
    recorded = exchange["response"]
    wanted = statuses(recorded.get("json"))
    refused_then = is_busy(json.dumps(recorded))
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        response = play(client, exchange["request"], key, ids)
        busy = is_busy(response.text) and not refused_then
        working = bool(wanted) and not IN_PROGRESS & wanted and bool(IN_PROGRESS & statuses(parsed(response)))
        if not (busy or working) or time.monotonic() > deadline:
            return response
        time.sleep(POLL_SECONDS)


def is_busy(text: str) -> bool:
    return any(words in text for words in BUSY)


def statuses(body: Any) -> set[str | None]:
    rows = body.get("data", []) if isinstance(body, dict) else []
    return {row.get("indexing_status") for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()


def play(client: httpx.Client, request: dict[str, Any], key: str, ids: Ids) -> httpx.Response:
    """Send one recorded request with its ids translated."""
    headers = authorization(request.get("auth", "valid"), key)
    send: dict[str, Any] = {}
    if "query" in request:
        send["params"] = json.loads(ids.translate(json.dumps(request["query"])))
    if "json" in request:
        send["json"] = json.loads(ids.translate(json.dumps(request["json"])))
    if "raw" in request:
        send["content"] = ids.translate(request["raw"]["text"])
        if request["raw"]["content_type"]:
            headers["Content-Type"] = request["raw"]["content_type"]
    if "multipart" in request:
        send["files"] = list(parts(request["multipart"], ids)) or [("zzz", (None, ""))]
    return client.request(request["method"], ids.translate(request["path"]), headers=headers, **send)


def authorization(kind: str, key: str) -> dict[str, str]:
    value = {
        "valid": f"Bearer {key}",
        "wrong": "Bearer dataset-" + "a" * 24,
        "app-key": "Bearer app-" + "a" * 24,
        "malformed": key,
        "malformed-basic": "Basic " + base64.b64encode(f"a:{key}".encode()).decode(),
        "malformed-empty-bearer": "Bearer",
        "lowercase-bearer": f"bearer {key}",
    }.get(kind)
    return {"Authorization": value} if value else {}


def parts(recorded: dict[str, Any], ids: Ids) -> Iterator[Part]:
    """The parts of a form, files included."""
    data = recorded.get("data")
    if data is not None:
        text = data if isinstance(data, str) else json.dumps(data)
        yield "data", (None, ids.translate(text))
    files = recorded.get("files") or ([recorded["file"]] if "file" in recorded else [])
    for file in files:
        yield file.get("field", "file"), (file["filename"], content(file), file["content_type"])


def content(file: dict[str, Any]) -> bytes:
    """A file too large to record is filler of its size."""
    if "text" in file:
        return str(file["text"]).encode()
    if "base64" in file:
        return base64.b64decode(str(file["base64"]))
    head = b"%PDF" if file["filename"].endswith(".pdf") else b""
    return head.ljust(file["size"], b"0")


def report(outcomes: list[Outcome], *, verbose: bool = False) -> bool:
    """Prints what differs, a line for each group, and last the figure. Whether all hold, or are listed."""
    listed = listed_differences()
    broken = [outcome for outcome in outcomes if outcome.differences]
    for outcome in broken:
        lines = outcome.differences if verbose else outcome.differences[:SHOWN]
        known = " (listed in DIFFERENCES.md)" if outcome.full_name in listed else ""
        say(f"{outcome.full_name}: {outcome.why}{known}", *(f"    {line}" for line in lines))
    counted, held = Counter(o.group for o in outcomes), Counter(o.group for o in outcomes if not o.differences)
    say(*(f"{group}: {held[group]} of {counted[group]}" for group in sorted(counted)))
    say(f"contract: {held.total()} of {counted.total()} exchanges hold")
    return bool(outcomes) and {outcome.full_name for outcome in broken} <= listed


def say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--group", action="append", help="only this group; may be given again")
    parser.add_argument("--verbose", action="store_true", help="every difference, not the first three of an exchange")
    options = parser.parse_args()
    outcomes = list(play_all(options.base_url, options.key, recordings(options.group)))
    return 0 if report(outcomes, verbose=options.verbose) else 1


if __name__ == "__main__":
    sys.exit(main())
