"""Row 4: SSRF. Each of 82 addresses is refused and 0 sockets are opened, counted in the network backend: as the address of an API,
and as the signed URL that an API gives for a download. Typed into the forms, 15 ways to write loopback make 0 connections."""

import contextlib
import io

import pytest
from django.test import Client
from pydantic import SecretStr
from pytest_django.fixtures import Settings

from datasets_ui.dify.errors import AddressRefused, DifyError
from datasets_ui.dify.http import Http
from datasets_ui.dify.network import AddressPolicy, Transport
from datasets_ui.models import Workspace
from datasets_ui.services.keys.connections import transport
from tests.abuse.support import CANARY
from tests.dify.fault_server import FaultServer, playing, silent
from tests.dify.support import KEY, PUBLIC, CountingSockets, call, error_of
from tests.support.stage import Answer, beside, url

# Written plainly, each of these is refused; those that are numbers in disguise go through the system's own resolver.
LOOPBACK = [
    "https://127.0.0.1/v1",
    "https://127.1/v1",
    "https://127.0.1/v1",
    "https://0x7f.1/v1",
    "https://0x7f000001/v1",
    "https://2130706433/v1",
    "https://017700000001/v1",
    "https://127.255.255.254/v1",
    "https://localhost/v1",
    "https://LOCALHOST/v1",
    "https://localhost./v1",
    "https://[::1]/v1",
    "https://[0:0:0:0:0:0:0:1]/v1",
    "https://[::127.0.0.1]/v1",
    "https://[::ffff:127.0.0.1]/v1",
    "https://[::ffff:7f00:1]/v1",
    "https://[::ffff:0:127.0.0.1]/v1",
    "https://[64:ff9b::7f00:1]/v1",
    "https://[64:ff9b:1::7f00:1]/v1",
    "https://[2002:7f00:1::]/v1",
    "https://[2001:0:7f00:1::]/v1",
]
PRIVATE = [
    "https://0.0.0.0/v1",
    "https://0/v1",
    "https://[::]/v1",
    "https://10.0.0.5/v1",
    "https://172.16.0.1/v1",
    "https://192.168.1.1/v1",
    "https://100.64.0.1/v1",
    "https://100.127.255.254/v1",
    "https://169.254.169.254/latest/meta-data",
    "https://[fe80::1]/v1",
    "https://[fd00::1]/v1",
    "https://[fd00:ec2::254]/v1",
    "https://[fec0::1]/v1",
    "https://192.0.0.1/v1",
    "https://192.0.2.1/v1",
    "https://192.88.99.1/v1",
    "https://198.18.0.1/v1",
    "https://[2001:db8::1]/v1",
    "https://224.0.0.1/v1",
    "https://[ff02::1]/v1",
    "https://240.0.0.1/v1",
    "https://255.255.255.255/v1",
]
DISGUISED = [
    "https://user@93.184.216.34/v1",
    "https://user:secret@93.184.216.34/v1",
    "https://93.184.216.34@127.0.0.1/v1",
    "https://93.184.216.34\\@127.0.0.1/v1",
    "https:\\\\127.0.0.1/v1",
    "https://93.184.216.34#@127.0.0.1/v1",
    "https://93.184.216.34?@127.0.0.1/v1",
    "https://93.184.216.34/v1?x=1",
    "https://93.184.216.34/v1#x",
    "https://①②⑦.⓪.⓪.①/v1",
    "https://１２７.0.0.1/v1",
    "https://127。0。0。1/v1",
    "https://93.184.216.34%2f.example.com/v1",
    "https://[fe80::1%25eth0]/v1",
    "https://93.184.216.34\r\nX: y/v1",
    "https://93.184. 216.34/v1",
    " https://93.184.216.34/v1",
    "https://93.184.216.34/v1\t",
    "https:///v1",
    "https://./v1",
    "https://",
    "https:127.0.0.1/v1",
    "//93.184.216.34/v1",
    "93.184.216.34",
    "",
    "file:///etc/passwd",
    "ftp://93.184.216.34/",
    "gopher://93.184.216.34:70/",
    "javascript:alert(1)",
    "https://93.184.216.34:99999/v1",
    "https://93.184.216.34:x/v1",
    "https://[::1/v1",
]
PLAIN_HTTP_OR_PORT = [
    "http://93.184.216.34/v1",
    "http://93.184.216.34:443/v1",
    "http://127.0.0.1:8000/v1",
    "https://93.184.216.34:22/v1",
    "https://93.184.216.34:6379/v1",
    "https://93.184.216.34:8443/v1",
    "https://93.184.216.34:0/v1",
]
REFUSED = LOOPBACK + PRIVATE + DISGUISED + PLAIN_HTTP_OR_PORT


def test_there_are_more_than_forty_and_none_twice() -> None:
    assert len(set(REFUSED)) == len(REFUSED) == 82


@pytest.mark.parametrize("url", REFUSED)
def test_a_refused_address_opens_no_socket(url: str) -> None:
    sockets = CountingSockets()
    error_of(AddressRefused, lambda: call(url, sockets))
    assert sockets.opened == []


def test_a_signed_url_of_an_api_opens_no_other_socket() -> None:
    """A path, or a public address behind a disguise, may lead to the public server; nothing leads anywhere else."""
    sockets = CountingSockets()
    http = Http(f"https://{PUBLIC}/v1", SecretStr(KEY), Transport(AddressPolicy(), sockets=sockets))
    for signed in REFUSED:
        with contextlib.suppress(DifyError):
            http.fetch(signed, io.BytesIO())
    assert set(sockets.opened) == {(PUBLIC, 443)}


# Ways to write the address of a listener on this machine; all but the last three reach it where nothing stands in the way.
HERE = [
    "http://127.0.0.1:{port}/v1",
    "http://127.1:{port}/v1",
    "http://0x7f.1:{port}/v1",
    "http://2130706433:{port}/v1",
    "http://0:{port}/v1",
    "http://0.0.0.0:{port}/v1",
    "http://localhost:{port}/v1",
    "http://localhost.:{port}/v1",
    "http://[::ffff:127.0.0.1]:{port}/v1",
    "http://x:y@127.0.0.1:{port}/v1",
    "http://93.184.216.34@127.0.0.1:{port}/v1",
    "http://①②⑦.⓪.⓪.①:{port}/v1",
    "http://93.184.216.34\\@127.0.0.1:{port}/v1",
    "http://93.184.216.34#@127.0.0.1:{port}/v1",
    "https://127.0.0.1:{port}/v1",
]


@pytest.mark.parametrize("name", ["new-api-key", "api-key-replace"])
def test_a_form_leads_to_no_connection(owner: Client, workspace: Workspace, name: str) -> None:
    key = workspace.api_keys.get()
    form = url(name, key.pk) if name == "api-key-replace" else url(name)
    with FaultServer(silent) as server:
        for address in HERE:
            answer: Answer = owner.post(form, {"name": "x", "base_url": address.format(port=server.port), "key": CANARY})
            assert (address, answer.status_code, len(beside(answer, "base_url"))) == (address, 422, 1)
        assert server.connections == 0
    assert workspace.api_keys.get().base_url == key.base_url


def test_the_listener_sees_who_does_connect(owner: Client, workspace: Workspace, settings: Settings) -> None:
    with FaultServer(playing(b"HTTP/1.1 404 X\r\n\r\n")) as server:
        settings.API_ALLOWED_HOSTS |= {f"127.0.0.1:{server.port}"}
        transport.cache_clear()
        owner.post(url("new-api-key"), {"name": "x", "base_url": HERE[0].format(port=server.port), "key": CANARY})
        assert server.connections > 0
