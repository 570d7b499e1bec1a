"""Row 16: no page lets itself be framed: both headers are on every answer but one, which is a file and no page. A browser tries it in tests/e2e/test_abuse_16_framing.py."""

from django.test import Client

from tests.abuse.people import Things, answers, routes
from tests.abuse.walls import BELOW, DOCUMENT


def framable(policy: str, options: str) -> bool:
    return "frame-ancestors 'none'" not in [part.strip() for part in policy.split(";")] or options != "DENY"


def test_every_answer_forbids_it(people: dict[str, Client], things: Things) -> None:
    walked = {what: answer.headers for what, answer in answers(people, things)}
    assert len(walked) == 2 * len(list(routes()))
    framed = [what for what, got in walked.items() if framable(got["Content-Security-Policy"], got["X-Frame-Options"])]
    assert framed == [f"owner {BELOW}{DOCUMENT}original/preview/"]  # a file that can do nothing, in a frame of ours
