"""python -m tests.contract.collect DIRECTORY: make recordings/ anew from a folder of recorded exchanges.

DIRECTORY holds a folder for each group with one JSON file for each exchange. What is never played or never compared is left
out, and texts that only have to be long are cut, at a paragraph: they prepare state, and no counted answer shows their size.
"""

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recordings"
LONG_TEXT = 250_000


def line(exchange: dict[str, Any], name: str) -> str:
    kept = {field: exchange[field] for field in ("seq", "why", "setup") if field in exchange}
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


def main(directory: Path) -> None:
    for group in sorted(directory.iterdir()):
        files = [(json.loads(file.read_text()), file.stem) for file in sorted(group.glob("*.json"))]
        played = sorted((pair for pair in files if pair[0].get("replay") is not False), key=lambda pair: pair[0].get("seq", 0))
        if played:
            text = "".join(line(exchange, name) + "\n" for exchange, name in played)
            (FOLDER / f"{group.name}.jsonl").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
