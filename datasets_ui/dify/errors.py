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

from math import ceil

from datasets_ui.dify.codes import OUTCOME_UNKNOWN, SECONDS_LEFT, explain
from datasets_ui.dify.words import Filled


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
        self.code, self.detail = hidden(self.code, secret), hidden(self.detail, secret)
        self.fields = {hidden(name, secret): hidden(said, secret) for name, said in self.fields.items()}
        self.args = (self.detail,)

    @property
    def sentences(self) -> list[str]:
        """What happened and what to do, for people: marked, so that each can be translated where it is shown."""
        return [explain(self.code), *([OUTCOME_UNKNOWN] if self.outcome_unknown else [])]

    @property
    def sentence(self) -> str:
        """The same in English."""
        return " ".join(self.sentences)


def hidden(said: str, secret: str) -> str:
    """A text that does not hold the secret stays the very same, and with it what it was made from."""
    return said.replace(secret, "[hidden]") if secret in said else said


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
    def sentences(self) -> list[str]:
        left = seconds_left(self)
        return [*super().sentences, *([Filled(SECONDS_LEFT, seconds=str(left))] if left else [])]


class NotSupported(ApiError):
    code = "not_supported"


class ServerFailed(ApiError):
    code = "internal_server_error"
    retryable = True


def seconds_left(error: DifyError) -> int:
    """How long calls are held back yet; 0 where none are."""
    return ceil(error.retry_after or 0) if isinstance(error, HeldBack) else 0
