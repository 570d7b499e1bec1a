"""python -m tests.contract.collect DIRECTORY FOLDER: make FOLDER of this package anew from a folder of recorded exchanges.

DIRECTORY holds a folder for each group with one JSON file for each exchange; in that of a later version, new-fields.json
says what may differ everywhere. FOLDER is `recordings`, or `recordings-1.12`. What is never played or never compared is
left out, and texts that only have to be long are cut, at a paragraph: they prepare state, and no counted answer shows
their size.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.contract.player import FIELDS, HERE, RECORDINGS

LONG_TEXT = 250_000


def line(exchange: dict[str, Any], name: str) -> str:
    kept = {field: exchange[field] for field in ("seq", "why", "setup", "replay") if field in exchange}
    usual = [("query", {}), ("auth", "valid")]
    request = {field: value for field, value in exchange["request"].items() if (field, value) not in usual}
    response = {
        field: exchange["response"][field] for field in ("status", "content_type", "json") if field in exchange["response"]
    }
    body = request.get("json")
    if exchange.get("setup") and isinstance(body, dict) and len(str(body.get("text"))) > LONG_TEXT:
        request["json"] = {**body, "text": body["text"][:LONG_TEXT].rpartition("\n\n")[0]}
    return json.dumps(
        {"name": name, **kept, "request": request, "response": response}, ensure_ascii=False, separators=(",", ":")
    )


def names(folder: Path) -> set[str]:
    files = folder.glob("*.jsonl")
    return {f"{file.stem}/{json.loads(text)['name']}" for file in files for text in file.open(encoding="utf-8")}


def main(directory: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    replaced = set() if folder == RECORDINGS else names(RECORDINGS)  # whose answers a later version gives otherwise
    for group in sorted(path for path in directory.iterdir() if path.is_dir()):
        files = [(json.loads(file.read_text()), file.stem) for file in sorted(group.glob("*.json"))]
        wanted = [pair for pair in files if pair[0].get("replay") is not False or f"{group.name}/{pair[1]}" in replaced]
        if wanted:
            wanted.sort(key=lambda pair: pair[0].get("seq", 0))
            text = "".join(line(exchange, name) + "\n" for exchange, name in wanted)
            (folder / f"{group.name}.jsonl").write_text(text)
    if (fields := directory / FIELDS).exists():
        kept = json.loads(fields.read_text())
        kept["not_counted"] = [name.removesuffix(".json") for name in kept["not_counted"]]
        (folder / FIELDS).write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), HERE / sys.argv[2])
