"""The error tree, the sentences, and what an error answer is taken for."""

import inspect

import pytest

from datasets_ui.dify import errors
from datasets_ui.dify.codes import ErrorCode
from datasets_ui.dify.errors import (
    ApiError,
    BoundKey,
    Conflict,
    DifyError,
    Forbidden,
    Invalid,
    NotFound,
    ServerFailed,
    TooManyRequests,
    Unauthorized,
)
from datasets_ui.dify.refusals import HIDDEN, MEANINGS, from_answer, without_statement
from datasets_ui.dify.segments import Segment
from tests.dify import rows

TREE = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, Exception)]

# status, code, message of the API; the class and the code that are made of it
ANSWERS: list[tuple[int, str | None, str, type[ApiError], str]] = [
    # the nine codes of the seed document
    (400, "document_indexing", "Document indexing failed", Invalid, "document_indexing"),
    (400, "provider_not_initialize", "Default model not found for text-embedding", Invalid, "provider_not_initialize"),
    (404, "not_found", "Document not found", NotFound, "not_found"),
    (409, "dataset_name_duplicate", "The dataset name already exists.", Conflict, "dataset_name_duplicate"),
    (400, "provider_quota_exceeded", "Model quota exceeded", Invalid, "provider_quota_exceeded"),
    (400, "dataset_not_initialized", "Dataset not initialized", Invalid, "dataset_not_initialized"),
    (415, "unsupported_file_type", "File type not allowed.", Invalid, "unsupported_file_type"),
    (400, "too_many_files", "Only one file is allowed.", Invalid, "too_many_files"),
    (413, "file_too_large", "File size exceeded. {message}", Invalid, "file_too_large"),
    # what running servers were seen to answer
    (401, "unauthorized", "Access token is invalid", Unauthorized, "unauthorized"),
    (403, "forbidden", "Dataset api access is not enabled.", Forbidden, "api_access_disabled"),
    (403, "forbidden", "You do not have permission to access this dataset.", Forbidden, "foreign_dataset"),
    (400, "invalid_param", "You do not have permission to access this dataset.", Forbidden, "foreign_dataset"),
    (403, "archived_document_immutable", "The archived document is not editable.", Forbidden, "archived_document_immutable"),
    (
        403,
        "forbidden",
        "Sorry, you have reached the knowledge base request rate limit of your subscription.",
        TooManyRequests,
        "rate_limited",
    ),
    (
        403,
        "forbidden",
        "The capacity of the vector space has reached the limit of your subscription.",
        Forbidden,
        "quota_reached",
    ),
    (403, "forbidden", "The number of documents has reached the limit of your subscription.", Forbidden, "quota_reached"),
    (403, "forbidden", "To unlock this feature, please upgrade to a paid plan.", Forbidden, "quota_reached"),
    (403, "forbidden", "You are not authorized to access this knowledge base.", BoundKey, "bound_key"),
    (403, "forbidden", "Something new.", Forbidden, "forbidden"),
    (404, "not_found", "Document does not have an uploaded file to download.", NotFound, "no_file"),
    (400, "invalid_param", "Segment is deleting.", Invalid, "segment_deleting"),
    (409, "dataset_indexing_in_progress", "Indexing.", Conflict, "dataset_indexing_in_progress"),
    (503, "service_unavailable", "Vector space is unknown.", ServerFailed, "service_unavailable"),
    (422, "unprocessable_entity", "No.", Invalid, "unprocessable_entity"),
    (400, "invalid_param", "Dataset name already exists", Conflict, "dataset_name_duplicate"),
    (400, "invalid_param", "Can't update disabled segment", Invalid, "segment_disabled"),
    (400, "invalid_param", "Segment is indexing, please try again later", Invalid, "segment_indexing"),
    (400, "invalid_param", "Document is not available", Invalid, "document_not_available"),
    (400, "invalid_param", "Rate limit reached for requests", Invalid, "provider_quota_exceeded"),
    (400, "invalid_param", "Default model not found for text-embedding", Invalid, "provider_not_initialize"),
    (400, "invalid_param", "Model hash-256 credentials is not initialized.", Invalid, "provider_not_initialize"),
    (400, "invalid_param", "Failed to request plugin daemon, url: plugin/1/models", Invalid, "plugin_daemon_unreachable"),
    (400, "model_currently_not_support", "The trial does not support GPT-4.", Invalid, "model_currently_not_support"),
    (400, "completion_request_error", "Completion request failed.", Invalid, "completion_request_error"),
    (400, "filename_not_exists_error", "The specified filename does not exist.", Invalid, "filename_not_exists_error"),
    (500, "pipeline_run_error", "Pipeline execution failed: timeout", ServerFailed, "pipeline_run_error"),
    (400, "invalid_param", "", Invalid, "invalid_param"),
    (400, "invalid_action", "Document:Doc 2.txt is being indexed, please try again later", Invalid, "invalid_action"),
    (400, "invalid_metadata", "Invalid metadata value: bogus", Invalid, "invalid_metadata"),
    (400, "no_file_uploaded", "Please upload your file.", Invalid, "no_file_uploaded"),
    (400, None, "Input payload validation failed", Invalid, "invalid_param"),
    (404, None, "", NotFound, "not_found"),
    (405, "method_not_allowed", "The method is not allowed for the requested URL.", Invalid, "method_not_allowed"),
    (409, "dataset_in_use", "The knowledge base is being used by some apps.", Conflict, "dataset_in_use"),
    (409, None, "", Conflict, "conflict"),
    (415, "unsupported_media_type", "Did not attempt to load JSON data", Invalid, "unsupported_media_type"),
    (422, None, "", Invalid, "invalid_param"),
    (429, None, "", TooManyRequests, "too_many_requests"),
    (429, "rate_limit_error", "", TooManyRequests, "rate_limit_error"),
    (500, "unknown", "Internal Server Error", ServerFailed, "unknown"),
    (500, "internal_server_error", "'score_threshold_enabled'", ServerFailed, "internal_server_error"),
    (502, None, "", ServerFailed, "internal_server_error"),
    (503, None, "", ServerFailed, "internal_server_error"),
]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_is_in_the_one_tree(kind: type[Exception]) -> None:
    assert issubclass(kind, DifyError)


def test_the_tree_drawn_in_the_docstring_is_the_real_one() -> None:
    drawn = {line.strip("│├└─ ").split()[0] for line in (errors.__doc__ or "").splitlines()[2:] if line.strip()}
    assert drawn == {kind.__name__ for kind in TREE}


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence(kind: type[DifyError]) -> None:
    assert kind().sentence == ErrorCode[kind().code].value


def test_no_two_codes_share_a_sentence() -> None:
    assert list(ErrorCode.__members__) == [code.name for code in ErrorCode]


@pytest.mark.parametrize("code", ErrorCode, ids=lambda code: code.name)
def test_a_sentence_ends_with_what_to_do(code: ErrorCode) -> None:
    assert code.value.endswith((".", "/v1."))
    assert code.value.count(". ") + code.value.count("; ") + code.value.count(": ") >= 1


@pytest.mark.parametrize(("status", "code", "message", "kind", "ours"), ANSWERS)
def test_an_answer_becomes(status: int, code: str | None, message: str, kind: type[ApiError], ours: str) -> None:
    error = from_answer(status, {"code": code, "message": message, "status": status})
    assert (type(error), error.code, error.status, error.detail) == (kind, ours, status, message)


@pytest.mark.parametrize("ours", sorted({answer[4] for answer in ANSWERS}))
def test_every_code_of_an_answer_has_its_own_sentence(ours: str) -> None:
    assert ours in ErrorCode.__members__


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: meaning[1])
def test_every_meaning_has_a_sentence(meaning: tuple[str, str, type[ApiError]]) -> None:
    assert meaning[1] in ErrorCode.__members__


def test_a_meaning_is_read_from_400_and_403_only() -> None:
    assert from_answer(500, {"code": "unknown", "message": "Document is not available"}).code == "unknown"


def test_parser_errors_name_their_fields() -> None:
    error = from_answer(400, {"errors": {"name": "is required"}, "message": "Input payload validation failed"})
    assert error.fields == {"name": "is required"}


REPORT = (
    "2 validation errors for DatasetUpdatePayload\n"
    "retrieval_model.top_k\n"
    "  Input should be a valid integer [type=int_type, input_value='CANARY', input_type=str]\n"
    "    For further information visit https://errors.pydantic.dev/2.11/v/int_type\n"
    "tag_ids\n"
    "  Value error, Tag IDs is required. [type=value_error, input_value=['CANARY'], input_type=list]\n"
    "    For further information visit https://errors.pydantic.dev/2.11/v/value_error"
)
LISTED = (
    '[{"type":"int_type","loc":["retrieval_model","top_k"],"msg":"Input should be a valid integer","input":"CANARY"},'
    '{"type":"value_error","loc":["tag_ids"],"msg":"Value error, Tag IDs is required.","input":["CANARY"],"ctx":{"error":"CANARY"}}]'
)


@pytest.mark.parametrize(("status", "message"), [(400, REPORT), (422, LISTED)], ids=["lines", "JSON"])
def test_a_validators_report_names_fields_and_reasons_and_not_what_was_typed(status: int, message: str) -> None:
    error = from_answer(status, {"code": "invalid_param", "message": message, "status": status})
    assert error.fields == {"retrieval_model.top_k": "Input should be a valid integer", "tag_ids": "Tag IDs is required."}
    assert error.detail == "retrieval_model.top_k: Input should be a valid integer; tag_ids: Tag IDs is required."


def test_a_report_on_the_whole_body_has_no_field() -> None:
    said = (
        "1 validation error for DatasetCreatePayload\n  Input should be a valid dictionary [type=model_type, input_value=[1]]"
    )
    error = from_answer(400, {"code": "invalid_param", "message": said, "status": 400})
    assert (error.fields, error.detail) == ({"": "Input should be a valid dictionary"}, "Input should be a valid dictionary")


@pytest.mark.parametrize("message", ["[{", '[{"loc": 1}]', LISTED[:-2], '[{"loc": [], "msg": 7}]'])
def test_a_list_that_cannot_be_read_is_not_shown(message: str) -> None:
    """It would show what was typed."""
    error = from_answer(422, {"code": "unprocessable_entity", "message": message, "status": 422})
    assert (error.fields, error.detail) == ({}, "")


def test_a_report_without_end_is_cut() -> None:
    lines = "".join(f"f{number}\n  wrong [type=x]\n" for number in range(50_000))
    assert len(from_answer(400, {"message": f"50000 validation errors for Model\n{lines}"}).fields) == 20


STATEMENTS = [
    '(psycopg2.errors.InvalidTextRepresentation) invalid input syntax for type uuid: "nope"\nLINE 3: WHERE upload_files.id IN',
    'relation "some_table" does not exist\nLINE 1: ..., 0.0]\' AS distance FROM embedding_...\n   ^\n',
    "failed [SQL: SELECT upload_files.id AS id]",
    "(Background on this error at: https://sqlalche.me/e/20/9h9h)",
    "(pymysql.err.DataError) (1406, 'Data too long')",
    "while executing SELECT a FROM b",
]


@pytest.mark.parametrize("said", STATEMENTS)
def test_the_words_of_a_database_are_never_shown(said: str) -> None:
    """They name tables, statements and what was in them."""
    error = from_answer(400, {"code": "invalid_param", "message": said, "status": 400})
    assert (error.code, error.detail) == ("database_error", "")
    assert Segment.model_validate(rows.segment(error=said)).error == HIDDEN


def test_the_missing_vectors_of_an_economy_dataset_are_named() -> None:
    said = 'relation "embedding_vector_index_58524e34_nod" does not exist\nLINE 1: ..., 0.0'
    error = from_answer(400, {"code": "invalid_param", "message": said, "status": 400})
    assert (error.code, error.detail) == ("no_vector_index", "")


@pytest.mark.parametrize("said", ["Select one from the list.", "The document was updated; set it anew.", "provider down"])
def test_other_words_are_shown(said: str) -> None:
    assert without_statement(said) == said


def test_the_third_shape_of_error_is_read() -> None:
    assert from_answer(400, {"error": "Segments is required"}).detail == "Segments is required"


@pytest.mark.parametrize("body", [None, [], "no", 7, {}, {"code": 7, "message": None, "errors": []}])
def test_an_odd_body_still_gives_the_error_of_the_status(body: object) -> None:
    error = from_answer(404, body)
    assert (type(error), error.code, error.detail, error.fields) == (NotFound, "not_found", "", {})


def test_endless_words_are_cut() -> None:
    error = from_answer(400, {"code": "c" * 5000, "message": "m" * 5000, "errors": {"f" * 5000: "e" * 5000}})
    assert (len(error.code), len(error.detail), {len(k): len(v) for k, v in error.fields.items()}) == (1000, 1000, {1000: 1000})


def test_an_unknown_code_gets_the_general_sentence() -> None:
    assert DifyError(code="brand_new").sentence == ErrorCode.unknown.value


def test_an_unknown_outcome_is_said() -> None:
    error = DifyError(code="timed_out")
    error.outcome_unknown = True
    assert error.sentence == (
        "Dify took too long to answer. Try again in a moment."
        " It is not known whether the change was carried out: look before you try again."
    )


def test_str_is_code_and_words() -> None:
    assert [str(NotFound("Segment not found.")), str(NotFound())] == ["not_found: Segment not found.", "not_found"]


def test_a_secret_is_hidden_everywhere() -> None:
    error = DifyError("a KEY", code="KEY", fields={"KEY": "is KEY"})
    error.hide("KEY")
    assert (str(error), error.fields, error.args) == ("[hidden]: a [hidden]", {"[hidden]": "is [hidden]"}, ("a [hidden]",))


def test_what_may_be_tried_again() -> None:
    assert {kind.__name__ for kind in TREE if issubclass(kind, DifyError) and kind.retryable} == {
        "Unreachable",
        "Refused",
        "ConnectionLost",
        "TooManyRequests",
        "ServerFailed",
    }
