"""Texts are cut as a real Dify 1.12.1 cut them: 50 of 50."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.player import HERE
from tests.sandbox.support import Library, connected
from tests.support.sandbox_process import SandboxProcess

RECORDED = json.loads((HERE / "cutting-1.12.json").read_text())
TECHNIQUES = {"text_model": "economy", "hierarchical_model": "high_quality"}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Library]]:
    """One for each form of document."""
    with SandboxProcess(tmp_path_factory.mktemp("cutting"), "--dify-version", "1.12.1") as sandbox:
        for api in connected(sandbox):
            yield {form: Library.create(api, form, indexing_technique=technique) for form, technique in TECHNIQUES.items()}


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["name"])
def test_a_text_is_cut_as_recorded(case: dict[str, Any], datasets: dict[str, Library]) -> None:
    form = case["doc_form"]
    document = datasets[form].text(
        case["name"],
        RECORDED["texts"][case["text"]],
        indexing_technique=TECHNIQUES[form],
        doc_form=form,
        process_rule=case["process_rule"],
    )
    found = [as_recorded(datasets[form], document, row) for row in datasets[form].segments(document, limit=100)]
    assert found == case["segments"]


def as_recorded(dataset: Library, document: str, row: dict[str, Any]) -> Any:
    if dataset.get()["doc_form"] == "text_model":
        return row["content"]
    children = dataset.get(f"/documents/{document}/segments/{row['id']}/child_chunks", limit=100)["data"]
    return {"content": row["content"], "child_chunks": [child["content"] for child in children]}
