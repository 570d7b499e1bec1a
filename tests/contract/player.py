"""Plays recorded exchanges of a real Dify against any server that speaks the dataset API, and says what differs.

    python -m tests.contract.player --base-url http://127.0.0.1:5051/v1 --key dataset-... [--over recordings-1.12]
        [--group 02-datasets] [--verbose] [FOLDER]

FOLDER is `recordings` (of 1.10.1, and the default) or `recordings-1.12`: what that version alone has. `--over` lays the
answers of a later version over those of FOLDER: an exchange there that stands for one of the same group and name gives
its answer, the fields that its new-fields.json names may be there or not, and the exchanges named there as not counted,
which hung on how that server was set up, only prepare state.

The server should hold no datasets at the start. The exchanges are played in the order in which they were recorded;
matching.py compares the answers. An exchange marked "setup" only prepares state: it is played and not counted.
Exit status 0 when every counted exchange holds.
"""

import argparse
import base64
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.contract.matching import IN_PROGRESS, Ids, judge, parsed
from tests.support.plain_http import TRUSTS_NOBODY

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
LATER = HERE / "recordings-1.12"
FIELDS = "new-fields.json"
DIFFERENCES = HERE / "DIFFERENCES.md"
LISTED = re.compile(r"^- `(?P<name>[\w.-]+/[\w.-]+)`", re.MULTILINE)
# A worker still has what the call is about; the last: it has not yet brought back the segments of an enabled document.
BUSY = ("is being indexed", "is indexing, please try again later", "Can't update disabled segment")
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


@dataclass
class Play:
    """Exchanges in the order in which they were recorded, each with its group, and how freely they are compared."""

    exchanges: list[tuple[str, Exchange]]
    new: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def recordings(folder: Path = RECORDINGS, over: Path | None = None, groups: list[str] | None = None) -> Play:
    exchanges = [pair for pair in read(folder, groups) if pair[1].get("replay") is not False]
    if over is None:
        return Play(exchanges)
    later = {
        f"{group}/{exchange['name']}": exchange for group, exchange in read(over, groups) if exchange.get("replay") is False
    }
    fields = json.loads((over / FIELDS).read_text())
    laid = [(group, laid_over(group, exchange, later, fields["not_counted"])) for group, exchange in exchanges]
    return Play(laid, fields["new"], fields["missing"])


def read(folder: Path, groups: list[str] | None) -> list[tuple[str, Exchange]]:
    files = [file for file in sorted(folder.glob("*.jsonl")) if not groups or file.stem in groups]
    found = [(file.stem, json.loads(line)) for file in files for line in file.open(encoding="utf-8")]
    return sorted(found, key=lambda pair: pair[1]["seq"])


def laid_over(group: str, exchange: Exchange, later: dict[str, Exchange], not_counted: list[str]) -> Exchange:
    name = f"{group}/{exchange['name']}"
    answer = {part: later[name][part] for part in ("why", "response")} if name in later else {}
    return exchange | answer | ({"setup": True} if name in not_counted else {})


def listed_differences(title: str) -> set[str]:
    """The exchanges of one play that are known not to hold, each with its reason, below the heading with its title."""
    sections = re.split(r"^## (.+)\n", DIFFERENCES.read_text(), flags=re.MULTILINE)
    return set(LISTED.findall(dict(zip(sections[1::2], sections[2::2], strict=True))[title]))


def play_all(base_url: str, key: str, play: Play) -> Iterator[Outcome]:
    ids = Ids(play.new, play.missing)
    with httpx.Client(base_url=base_url, timeout=PATIENCE, trust_env=False, verify=TRUSTS_NOBODY) as client:
        for group, exchange in play.exchanges:
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
        response = send(client, exchange["request"], key, ids)
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


def send(client: httpx.Client, request: dict[str, Any], key: str, ids: Ids) -> httpx.Response:
    """One recorded request, with its ids translated."""
    headers = authorization(request.get("auth", "valid"), key)
    content: dict[str, Any] = {}
    if "query" in request:
        content["params"] = json.loads(ids.translate(json.dumps(request["query"])))
    if "json" in request:
        content["json"] = json.loads(ids.translate(json.dumps(request["json"])))
    if "raw" in request:
        content["content"] = ids.translate(request["raw"]["text"])
        if request["raw"]["content_type"]:
            headers["Content-Type"] = request["raw"]["content_type"]
    if "multipart" in request:
        content["files"] = list(parts(request["multipart"], ids)) or [("zzz", (None, ""))]
    return client.request(request["method"], ids.translate(request["path"]), headers=headers, **content)


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
        yield file.get("field", "file"), (file["filename"], bytes_of(file), file["content_type"])


def bytes_of(file: dict[str, Any]) -> bytes:
    """A file too large to record is filler of its size."""
    if "text" in file:
        return str(file["text"]).encode()
    if "base64" in file:
        return base64.b64decode(str(file["base64"]))
    head = b"%PDF" if file["filename"].endswith(".pdf") else b""
    return head.ljust(file["size"], b"0")


def report(outcomes: list[Outcome], listed: set[str], *, verbose: bool = False) -> bool:
    """Prints what differs, and a line for each group. Whether all hold, or are listed."""
    broken = [outcome for outcome in outcomes if outcome.differences]
    for outcome in broken:
        lines = outcome.differences if verbose else outcome.differences[:SHOWN]
        known = " (listed in DIFFERENCES.md)" if outcome.full_name in listed else ""
        say(f"{outcome.full_name}: {outcome.why}{known}", *(f"    {line}" for line in lines))
    counted, held = Counter(o.group for o in outcomes), Counter(o.group for o in outcomes if not o.differences)
    say(*(f"{group}: {held[group]} of {counted[group]}" for group in sorted(counted)))
    return bool(outcomes) and {outcome.full_name for outcome in broken} <= listed


def figure(outcomes: list[Outcome]) -> str:
    held = sum(not outcome.differences for outcome in outcomes)
    return f"{held} of {len(outcomes)} exchanges hold ({held / len(outcomes):.1%})"


def say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", default=RECORDINGS.name, choices=(RECORDINGS.name, LATER.name))
    parser.add_argument("--over", choices=(LATER.name,), help="recordings of a later version, laid over those of FOLDER")
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--group", action="append", help="only this group; may be given again")
    parser.add_argument("--verbose", action="store_true", help="every difference, not the first three of an exchange")
    options = parser.parse_args()
    play = recordings(HERE / options.folder, HERE / options.over if options.over else None, options.group)
    outcomes = list(play_all(options.base_url, options.key, play))
    holds = report(outcomes, set(), verbose=options.verbose)
    say(figure(outcomes))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
