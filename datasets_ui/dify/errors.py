"""Everything that can go wrong between us and a dataset API, in one tree.

DifyError
├── Unreachable            nothing usable came back from the network
│   ├── AddressRefused     our own rules forbid this address; nothing was sent
│   ├── HostNotFound       the name does not resolve
│   ├── Refused            nobody listens there
│   ├── TlsFailed          the certificate or the handshake is wrong
│   ├── TimedOut           too slow: connect, read, write or the total deadline
│   ├── ConnectionLost     it broke off in the middle
│   └── TooManyCalls       our own limit of calls under way to this API
├── BadAnswer              an answer came, and it is not the API's
│   ├── NotJson            a web page, or broken JSON
│   ├── AnswerTooLarge     over the cap on a decoded answer
│   ├── Redirected         the API answered with a redirect, which is never followed
│   └── UnexpectedShape    JSON, with fields missing or of the wrong type
└── ApiError               the API said no
    ├── Unauthorized       401: the key is wrong
    ├── Forbidden          403: one of several meanings, told apart by `code`
    │   └── BoundKey       the key is bound to other datasets
    ├── NotFound           404
    ├── Conflict           409, and 400 for a name that is taken
    ├── Invalid            400, 413, 415, 422: what was sent is wrong
    ├── TooManyRequests    429, and the cloud's rate limit that comes as 403
    │   └── HeldBack       that limit was reached a moment ago; nothing was sent
    ├── NotSupported       this server does not know the call at all; never the API's own 404
    └── ServerFailed       5xx
"""

from enum import Enum
from math import ceil


class DifyError(Exception):
    """Base of all errors of the client.

    `code` is the API's code, or one of ours where the API gave none; `status` the HTTP status (0: no answer);
    `retryable` whether the same read may succeed a little later; `retry_after` seconds the API asked to wait;
    `detail` the API's own words; `outcome_unknown` that a write may or may not have been carried out; `unknown_route` that the
    server does not know the path or method, so that nothing was done.
    """

    code = "unknown"
    retryable = False

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        status: int = 0,
        retry_after: float | None = None,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.status = status
        self.retry_after = retry_after
        self.fields = fields or {}
        self.outcome_unknown = False
        self.unknown_route = False

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code

    def hide(self, secret: str) -> None:
        """Take a secret out of the words that came from elsewhere."""
        self.code, self.detail = (said.replace(secret, "[hidden]") for said in (self.code, self.detail))
        self.fields = {name.replace(secret, "[hidden]"): said.replace(secret, "[hidden]") for name, said in self.fields.items()}
        self.args = (self.detail,)

    @property
    def sentence(self) -> str:
        """What happened and what to do, for people."""
        said = explain(self.code)
        if self.outcome_unknown:
            said += " It is not known whether the change was carried out: look before you try again."
        return said


class Unreachable(DifyError):
    code = "unreachable"
    retryable = True


class AddressRefused(Unreachable):
    code = "address_refused"
    retryable = False


class HostNotFound(Unreachable):
    code = "host_not_found"
    retryable = False


class Refused(Unreachable):
    code = "connection_refused"


class TlsFailed(Unreachable):
    code = "tls_failed"
    retryable = False


class TimedOut(Unreachable):
    code = "timed_out"
    retryable = False


class ConnectionLost(Unreachable):
    code = "connection_lost"


class TooManyCalls(Unreachable):
    code = "too_many_calls"
    retryable = False


class BadAnswer(DifyError):
    code = "bad_answer"


class NotJson(BadAnswer):
    code = "not_json"


class AnswerTooLarge(BadAnswer):
    code = "answer_too_large"


class Redirected(BadAnswer):
    code = "redirected"


class UnexpectedShape(BadAnswer):
    code = "unexpected_shape"


class ApiError(DifyError):
    """The API answered with an error of its own."""


class Unauthorized(ApiError):
    code = "unauthorized"


class Forbidden(ApiError):
    code = "forbidden"


class BoundKey(Forbidden):
    code = "bound_key"


class NotFound(ApiError):
    code = "not_found"


class Conflict(ApiError):
    code = "conflict"


class Invalid(ApiError):
    code = "invalid_param"


class TooManyRequests(ApiError):
    code = "too_many_requests"
    retryable = True


class HeldBack(TooManyRequests):
    code = "held_back"
    retryable = False

    @property
    def sentence(self) -> str:
        left = f" {ceil(self.retry_after)} seconds are left." if self.retry_after else ""
        return f"{super().sentence}{left}"


class NotSupported(ApiError):
    code = "not_supported"


class ServerFailed(ApiError):
    code = "internal_server_error"
    retryable = True


class ErrorCode(Enum):
    """Each code with what happened and what to do about it."""

    # the seed document's nine
    document_indexing = "The document is still being indexed. Wait until it is available, then try again."
    provider_not_initialize = "No embedding model is set up in Dify for this dataset. Set one up under Dify's model providers, or use the economy index."
    not_found = "Dify does not know this any more. It may have been deleted by somebody else: go back and reload the list."
    dataset_name_duplicate = "A dataset of this name exists already. Choose another name."
    provider_quota_exceeded = "The model provider's quota is used up. Raise it with the provider, then try again."
    dataset_not_initialized = "The dataset is not ready yet. Add a first document, or wait until it is indexed."
    unsupported_file_type = (
        "Dify does not take files of this type. Convert the file to PDF, Word, text, Markdown, HTML, Excel or CSV."
    )
    too_many_files = "Dify takes one file with each request. Send the files one by one."
    file_too_large = "The file is larger than Dify accepts. Split it into smaller files."
    # seen on running servers, or in newer sources
    not_supported = "This Dify server does not offer this: it is too old, or too new. Update Dify to use it."
    updates_hang = "Dify 1.12.0 and 1.12.1 stop indexing for everybody when a document is renamed or updated, and this server is one of them or does not tell its version: nothing was sent. Upload the document anew under the same name, or update Dify."
    no_file = "Dify gives no file of this document: it was made by a pipeline or from another site. Its segments are all there; the file is where it came from."
    plugin_daemon_unreachable = "Dify cannot reach its own model plugins, and answers only a part of the calls without them. Start its plugin daemon again."
    model_currently_not_support = "The model provider's trial does not include this model. Choose another model in Dify."
    completion_request_error = (
        "The model did not answer Dify's request. Try again; if it stays, check the model provider in Dify."
    )
    filename_not_exists_error = "The file arrived without a name. Give it a name with an ending, then upload it again."
    pipeline_run_error = "The pipeline failed while it ran. Look into its last run in Dify, then try again."
    datasource_error = "The pipeline could not read its datasource. Check the datasource in Dify, then try again."
    dataset_in_use = "An application uses this dataset. Take it out of the application first, then delete it here."
    dataset_indexing_in_progress = "Documents of the dataset are being indexed, and Dify changes it only afterwards. Wait until they are available, then try again."
    tags_not_shown = "This version of Dify makes and renames tags, but fails to show them. It was done: look at a dataset that carries the tag, or update Dify."
    no_tag_filter = "This version of Dify cannot filter datasets by their tags. Search by name instead, or update Dify."
    no_vector_index = "The dataset has no vectors to search by meaning. Use keyword search, or add a first document to a high-quality dataset."
    child_chunk_indexing_error = "Dify could not index the child chunk. Check the embedding model in Dify, then try again."
    child_chunk_delete_index_error = "Dify could not take the child chunk out of its index. Try again in a moment."
    bad_request = (
        "Dify could not read the request. Check that the address is a Dify dataset API, and that no proxy changes what is sent."
    )
    invalid_param = "Dify did not accept what was sent. Its own words are below; change the value and try again."
    unprocessable_entity = (
        "Dify did not accept some of what was sent. The fields are named with their reasons; change them and try again."
    )
    invalid_action = "Dify cannot do this to the document right now. Wait until it has finished with it, then try again."
    invalid_metadata = "Dify did not accept the metadata option. Choose another one."
    no_file_uploaded = "No file arrived at Dify. Choose the file again."
    unsupported_media_type = "Dify did not accept the form of the request. Check that the address is a Dify dataset API."
    method_not_allowed = "Dify does not offer this action. The server may be older than the action."
    archived_document_immutable = "The document is archived and cannot be changed. Un-archive it first."
    document_not_available = (
        "The document is not available yet, so it cannot be changed. Wait until it is indexed, or upload it again."
    )
    document_already_finished = "The document has been indexed already. Reload the list."
    segment_disabled = "The segment is disabled, and Dify changes enabled segments only. Enable it first."
    segment_indexing = "The segment is still being indexed. Wait a moment, then try again."
    segment_deleting = "The segment is being deleted. Reload the list; it is gone in a moment."
    unauthorized = "Dify refused the API key. An admin has to enter a valid dataset API key under Settings. A key that was bound to one dataset alone is deleted with it."
    bound_key = "This API key is bound to some datasets in Dify, and may not do this. An admin can name the datasets that it serves under API keys, and give another key for the rest."
    forbidden = "Dify does not allow this with this API key. Ask the admin of the Dify workspace."
    api_access_disabled = "API access is switched off for this dataset. Switch it on in Dify, on the dataset's page."
    foreign_dataset = "The dataset belongs to another Dify workspace. Use a key of that workspace."
    quota_reached = "The Dify subscription has reached a limit. Delete what is not needed, or raise the plan."
    rate_limited = "Dify's rate limit is reached. Wait a minute, then try again; until then only what is read is sent to it."
    held_back = "Dify's rate limit was reached less than a minute ago, and each try prolongs it: nothing was sent. Wait, then try again."
    rate_limit_error = "Dify's request quota is used up. Wait until it is renewed, or raise the plan."
    too_many_requests = "Dify asks us to slow down. Wait a moment, then try again."
    conflict = "This clashes with something that exists in Dify already. Reload the page to see it."
    service_unavailable = "A part of Dify is not available for the moment. Wait a minute, then try again."
    database_error = "Dify failed inside its database while it worked on this. Try again; if it stays, look into Dify's logs."
    internal_server_error = "Dify failed while it worked on this. Try again; if it stays, look into Dify's logs."
    unknown = "Dify failed and did not say why. Try again; if it stays, look into Dify's logs."
    # between us and the API
    being_changed = "Somebody else, or a job, is changing this at the moment. Try again in a few seconds."
    unreachable = "The API could not be reached. Check that Dify is running and that the address is right."
    address_refused = "This address is not allowed. Use https and a public address, or ask the operator to add the host to DATASETS_ALLOWED_HOSTS."
    host_not_found = "The host name was not found. Check the spelling of the address."
    connection_refused = "Nothing answers at this address and port. Check that Dify is running there."
    tls_failed = "A secure connection could not be made. Check the server's certificate."
    timed_out = "Dify took too long to answer. Try again in a moment."
    connection_lost = "The connection to Dify broke off. Try again in a moment."
    too_many_calls = "Too many calls to Dify are under way, because it answers slowly. Try again in a moment."
    bad_answer = "The answer is not one of a Dify dataset API. Check the address; it usually ends in /v1."
    not_json = "A web page answered instead of the API. Check the address; it usually ends in /v1."
    answer_too_large = "The answer is larger than is safe to read. Ask for less at once, for example by a search."
    list_too_long = (
        "The list is longer than can be read at once. Look for less, for example by a search, or divide what is so long."
    )
    list_changing = "The list changed again and again while it was read, or the server gave other pages than it said. Try again in a moment."
    too_much_to_keep = "The document has more text than can be kept when it is replaced, so it was not replaced. Keep both, or delete the old one first."
    redirected = "The server answered with a redirect, which is not followed. Enter the address it leads to, if you trust it."
    unexpected_shape = "The answer has another form than expected. The Dify version may not be supported."


def explain(code: str) -> str:
    """The sentence of a code; unknown codes get a general one."""
    return ErrorCode[code].value if code in ErrorCode.__members__ else ErrorCode.unknown.value
