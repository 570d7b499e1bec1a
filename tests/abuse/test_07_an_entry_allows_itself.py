"""Row 7: what the operator allows is allowed exactly as written: 10.0.0.5 lets 10.0.0.5 in, and 0 sockets go to 10.0.0.6."""

import pytest

from datasets_ui.dify.errors import AddressRefused
from tests.dify.support import CountingSockets, Resolver, call, error_of


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.0.0.5", "http://10.0.0.5/v1"),
        ("10.0.0.5", "https://10.0.0.5:8443/v1"),
        ("10.0.0.5:5001", "http://10.0.0.5:5001/v1"),
        ("localhost:5001 10.0.0.5", "http://10.0.0.5:5001/v1"),
        ("[::1]:5001", "http://[::1]:5001/v1"),
        ("[::1]", "http://[::1]:5001/v1"),
    ],
)
def test_an_allowed_host_is_called(allowed: str, url: str) -> None:
    sockets = CountingSockets()
    assert call(url, sockets, allowed=allowed) == {}


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.0.0.5", "http://10.0.0.6/v1"),
        ("10.0.0.5", "https://10.0.0.6/v1"),
        ("10.0.0.5", "https://10.0.0.55/v1"),
        ("10.0.0.5:5001", "http://10.0.0.5:5002/v1"),
        ("10.0.0.5:5001", "https://10.0.0.5/v1"),
        ("[::1]:5001", "http://[::1]:5002/v1"),
        ("[::1]:5001", "https://[::1:5001]/v1"),
        ("example.com", "http://api.example.com/v1"),
        ("*", "http://10.0.0.5/v1"),
        ("10.0.0.0/24", "http://10.0.0.5/v1"),
    ],
)
def test_an_entry_allows_itself_only(allowed: str, url: str) -> None:
    sockets = CountingSockets()
    error_of(AddressRefused, lambda: call(url, sockets, allowed=allowed))
    assert sockets.opened == []


def test_an_allowed_name_may_lead_to_a_private_address() -> None:
    sockets = CountingSockets()
    call("http://dify.internal:5001/v1", sockets, Resolver([["10.0.0.9"]]), allowed="dify.internal")
    assert sockets.opened == [("10.0.0.9", 5001)]
