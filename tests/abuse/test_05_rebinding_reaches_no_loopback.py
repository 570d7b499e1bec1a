"""Row 5: DNS rebinding. A name is resolved once for each connection, and each time checked; 0 connections go to loopback. One private
address among public ones, and a resolver that fails, refuse them all."""

import pytest
from pydantic import SecretStr

from datasets_ui.dify.errors import AddressRefused, DifyError, HostNotFound
from datasets_ui.dify.http import Http
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.dify.support import KEY, PUBLIC, CountingSockets, Resolver, call, error_of

REBINDING = "https://rebinding.example.com/v1"


def test_the_connection_goes_to_the_checked_address_not_to_the_name() -> None:
    sockets, resolver = CountingSockets(), Resolver([[PUBLIC]])
    call("https://api.example.com/v1", sockets, resolver)
    assert (sockets.opened, resolver.asked) == ([(PUBLIC, 443)], [("api.example.com", 443)])


def test_a_name_is_resolved_once_for_each_connection_and_checked_each_time() -> None:
    sockets, resolver = CountingSockets(), Resolver([[PUBLIC], ["127.0.0.1"]])
    http = Http(REBINDING, SecretStr(KEY), Transport(AddressPolicy(), resolver, sockets))
    http.write("GET", "/datasets")
    error_of(AddressRefused, lambda: http.write("GET", "/datasets"))
    assert (sockets.opened, len(resolver.asked)) == ([(PUBLIC, 443)], 2)


@pytest.mark.parametrize("found", [[PUBLIC, "10.0.0.5"], ["::1", PUBLIC], [PUBLIC, PUBLIC, "169.254.169.254"]])
def test_one_private_address_among_public_ones_refuses_them_all(found: list[str]) -> None:
    sockets = CountingSockets()
    error_of(AddressRefused, lambda: call(REBINDING, sockets, Resolver([found])))
    assert sockets.opened == []


@pytest.mark.parametrize("turn", [["127.0.0.1"], ["::1"], ["10.0.0.5"], ["169.254.169.254"], [PUBLIC, "127.0.0.1"]])
def test_what_was_public_before_is_not_trusted_again(turn: list[str]) -> None:
    """50 calls; the name leads elsewhere from the second one on, and a retry is a call like any other."""
    sockets, resolver = CountingSockets(), Resolver([[PUBLIC], turn])
    http = Http(REBINDING, SecretStr(KEY), Transport(AddressPolicy(), resolver, sockets))
    http.write("GET", "/datasets")
    for _ in range(49):
        error_of(AddressRefused, lambda: http.read("GET", "/datasets"))
    assert (sockets.opened, len(resolver.asked)) == ([(PUBLIC, 443)], 50)


def test_a_second_answer_is_never_asked_for_before_connecting() -> None:
    """The gap between check and use: public when checked, loopback when used."""
    sockets, resolver = CountingSockets(), Resolver([[PUBLIC], ["127.0.0.1"]])
    call(REBINDING, sockets, resolver)
    assert (sockets.opened, len(resolver.asked)) == ([(PUBLIC, 443)], 1)


def test_while_addresses_do_not_answer_the_name_is_not_resolved_anew() -> None:
    sockets, resolver = CountingSockets(unreachable=["93.184.216.1"]), Resolver([["93.184.216.1", PUBLIC], ["127.0.0.1"]])
    call(REBINDING, sockets, resolver)
    assert ([host for host, _ in sockets.opened], len(resolver.asked)) == (["93.184.216.1", PUBLIC], 1)


@pytest.mark.parametrize("failing", [HostNotFound("x"), [], ["fe80::1%lo"], ["::ffff:127.0.0.1"]])
def test_a_resolver_that_fails_opens_nothing(failing: HostNotFound | list[str]) -> None:
    def resolver(host: str, port: int) -> list[str]:
        if isinstance(failing, HostNotFound):
            raise failing
        return failing

    sockets = CountingSockets()
    with pytest.raises(DifyError):
        Http(REBINDING, SecretStr(KEY), Transport(AddressPolicy(), resolver, sockets)).write("GET", "/datasets")
    assert sockets.opened == []


def test_the_allowed_name_of_one_port_is_checked_on_another() -> None:
    sockets, resolver = CountingSockets(), Resolver([["10.0.0.5"]])
    error_of(AddressRefused, lambda: call("https://dify.internal/v1", sockets, resolver, allowed="dify.internal:5001"))
    assert sockets.opened == []
