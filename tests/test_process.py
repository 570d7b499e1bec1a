"""How a process gets ready."""

from pathlib import Path
from typing import Any

import pytest

from dashboard.process import ROOM, roomy, warm_templates
from tests.support.manage import show


def test_a_roomy_application_answers_as_it_does() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(environ["said"], [])
        return [b"an answer"]

    seen: list[Any] = []
    assert roomy(application)({"said": "200 OK"}, lambda *told: seen.append(told)) == [b"an answer"]
    assert seen == [("200 OK", [])]
    assert roomy(application).__code__.co_stacksize == ROOM


def test_the_templates_that_are_warmed_are_there() -> None:
    warm_templates()


@pytest.mark.parametrize(("env", "shown"), [({}, "True"), ({"DATASETS_PROXY_COMPRESSES": "true"}, "False")])
def test_pages_are_compressed_unless_the_proxy_does_it(tmp_path: Path, env: dict[str, str], shown: str) -> None:
    assert show(tmp_path, '"django.middleware.gzip.GZipMiddleware" in settings.MIDDLEWARE', **env) == shown
