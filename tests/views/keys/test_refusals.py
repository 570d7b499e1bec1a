"""What newer servers refuse: each reason beside its field, what was typed stays, and nothing of it is in the words."""

import json
from typing import Any

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.codes import explain
from datasets_ui.dify.datasets import Dataset
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import beside, document, text, texts, url, value

TYPED = {"name": "CANARY", "description": "", "permission": "only_me", "indexing_technique": "economy"}


def lines(*fields: str) -> str:
    """A validator's report, as 1.12.1 gives it."""
    said = [
        f"{field}\n  Too odd [type=odd, input_value='CANARY', input_type=str]\n    For further information" for field in fields
    ]
    return "\n".join([f"{len(fields)} validation errors for DatasetCreatePayload", *said])


def listed(*fields: str) -> str:
    """The same as newer servers give it."""
    return json.dumps([{"type": "odd", "loc": field.split("."), "msg": "Too odd", "input": "CANARY"} for field in fields])


def refusing(sandbox: SandboxProcess, message: str, **fault: Any) -> None:
    sandbox.faults({"kind": "status", "status": 400, "code": "invalid_param", "message": message, "method": "POST"} | fault)


@pytest.mark.parametrize(("status", "code", "said"), [(400, "invalid_param", lines), (422, "unprocessable_entity", listed)])
def test_a_reason_stands_beside_its_field(owner: Client, sandbox: SandboxProcess, status: int, code: str, said: Any) -> None:
    refusing(sandbox, said("name"), status=status, code=code)
    response = owner.post(url("new-dataset"), TYPED)
    assert (response.status_code, beside(response, "name"), value(response, "name")) == (422, ["Too odd"], "CANARY")
    assert explain(code) in text(response, "#new .alert")
    assert response.text.count("CANARY") == 1


def test_a_reason_without_a_field_of_the_form_is_in_the_sentence(owner: Client, sandbox: SandboxProcess) -> None:
    refusing(sandbox, lines("name", "retrieval_model.top_k"))
    response = owner.post(url("new-dataset"), TYPED)
    assert beside(response, "name") == ["Too odd"]
    assert "name: Too odd; retrieval_model.top_k: Too odd" in text(response, "#new .alert")


def test_the_fields_inside_of_a_segment_are_known(
    owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset
) -> None:
    made = document(dify, handbook.id, text="Leave.")
    refusing(sandbox, lines("segments.0.content"))
    response = owner.post(url("segment-add", handbook.id, made.id), {"content": "CANARY", "keywords": ""})
    assert (response.status_code, beside(response, "content")) == (422, ["Too odd"])


def test_the_words_of_a_database_are_on_no_page(owner: Client, sandbox: SandboxProcess) -> None:
    refusing(sandbox, "(psycopg2.errors.UndefinedTable) relation\n[SQL: SELECT secret FROM t]", method="GET", times=None)
    response = owner.get(url("datasets"))
    assert texts(response, "main p")[0] == explain("database_error")
    assert "secret" not in response.text
