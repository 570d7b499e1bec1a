"""L8: what compose.yaml lets each service reach, hold and do."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from dashboard.demo import free_port, is_free
from tests.abuse.people import routes
from tests.e2e.server import wait_for

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["migrate", "web", "worker"]
each_service = pytest.mark.parametrize("name", SERVICES)


def neighbours(name: str) -> set[str]:
    """The services that share a network with it."""
    networks = set(SERVICES[name]["networks"])
    return {other for other, service in SERVICES.items() if networks & set(service["networks"])} - {name}


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "proxy": ["80:80", "443:443"]
    }


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("proxy", {"web"}),
        ("cache", {"web", "worker"}),
        ("db", {"migrate", "web", "worker"}),
        ("web", {"proxy", "worker", "migrate", "db", "cache"}),
    ],
)
def test_a_service_reaches_what_it_needs(name: str, reached: set[str]) -> None:
    """L8: the proxy, which strangers talk to, reaches neither the database nor the cache, whose content is unpickled."""
    assert neighbours(name) == reached


@pytest.mark.parametrize("name", ["db", "cache"])
def test_what_calls_nobody_cannot(name: str) -> None:
    assert [COMPOSE["networks"][network] for network in SERVICES[name]["networks"]] == [{"internal": True}]


@each_service
def test_every_service_has_a_limit_of_memory(name: str) -> None:
    """L8: what one of them is made to hold takes nothing from the others."""
    assert re.fullmatch(r"\d+[mg]", SERVICES[name]["mem_limit"])


@each_service
def test_every_temporary_file_system_has_a_size(name: str) -> None:
    assert [place for place in SERVICES[name]["tmpfs"] if not re.fullmatch(r"/[a-z/]+:size=\d+[mg]", place)] == []


@each_service
def test_no_service_writes_to_its_image_or_gains_rights(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@pytest.mark.parametrize("name", OURS)
def test_our_processes_give_the_password_of_the_cache(name: str) -> None:
    assert re.fullmatch(r"redis://:\$\{REDIS_PASSWORD:\?.*\}@cache:6379/0", SERVICES[name]["environment"]["CACHE_URL"])


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[int]:
    """The cache as compose.yaml starts it, on a port of its own."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not here")
    port = free_port()
    *shell, script = SERVICES["cache"]["command"]
    script = script.replace("$$", "$").replace("redis-server -", f"redis-server - --port {port} --bind 127.0.0.1", 1)
    env = {"REDIS_PASSWORD": "pass_word-1", "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([*shell, script], env=env, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: not is_free(port), "Redis", 10)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_the_cache_asks_for_its_password(cache: int) -> None:
    """L8: and pushes nothing out, because wrong passwords are counted in it."""
    with redis.Redis(port=cache) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with redis.from_url(f"redis://:pass_word-1@127.0.0.1:{cache}/0") as ours:
        assert (ours.ping(), ours.config_get("maxmemory-policy")["maxmemory-policy"]) == (True, "noeviction")


def test_what_has_to_be_filled_in_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text()))
    given = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert asked == {"DASHBOARD_HOST", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert asked | {"DATASETS_HOSTS", "DATASETS_SECRET_KEY", "DATASETS_KEK"} == given


def test_the_proxy_lets_large_bodies_to_the_addresses_that_take_files() -> None:
    """M7: and to no other."""
    found = re.search(r"@files \{\s+path_regexp (\S+)", (ROOT / "Caddyfile").read_text())
    assert found
    large = [route for route in routes() if re.search(found[1], f"/{route}")]
    assert [route.rpartition("/datasets/")[2] for route in large] == [
        "<dataset_id>/uploads/",
        "<dataset_id>/documents/<document_id>/segments/import/",
    ]
