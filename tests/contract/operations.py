"""Every operation of openapi.json, and where each is answered."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

METHODS = ("get", "post", "put", "patch", "delete")
EXAMPLE = {
    "dataset_id": "0d7a4a4e-6b86-4c6f-8b1c-0d6a9e1f7a11",
    "document_id": "1d7a4a4e-6b86-4c6f-8b1c-0d6a9e1f7a11",
    "segment_id": "2d7a4a4e-6b86-4c6f-8b1c-0d6a9e1f7a11",
    "child_chunk_id": "3d7a4a4e-6b86-4c6f-8b1c-0d6a9e1f7a11",
    "metadata_id": "4d7a4a4e-6b86-4c6f-8b1c-0d6a9e1f7a11",
    "batch": "20250101000000123456",
    "action": "enable",
    "model_type": "text-embedding",
    "node_id": "1719288585006",
}


class Operation(NamedTuple):
    method: str
    path: str
    id: str

    @property
    def example(self) -> str:
        """The path with an id of the right kind in each place."""
        return re.sub(r"{(\w+)}", lambda found: EXAMPLE[found[1]], self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations() -> list[Operation]:
    schema: dict[str, Any] = json.loads((Path(__file__).parent / "openapi.json").read_text())
    return [
        Operation(method.upper(), path, operation["operationId"])
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
