"""Processor time of pages: of the application in a process of its own, and of gunicorn's workers.

Of all that is measured here it alone is steady, because nobody else on the machine counts into it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

import httpx

from benchmarks.stack import Stack
from dashboard.demo import ROOT
from datasets_ui.dify.documents import NewDocument, ProcessRule

GOALS = {"bare": 2, "documents of 50": 7, "segments of 100": 20, "poll of 7": 3}
REQUESTS = 40
WARM_UPS = 3  # times as many
SHOWN = 20  # rows of a list of documents; gunicorn's workers show no other number

Page = tuple[str, int]  # its path, and the rows of a list of documents


def clock_of(pid: int) -> int:
    """The processor time clock of another process, as clock_getcpuclockid() makes it."""
    return (~pid << 3) | 2


def workers_seconds(stack: Stack) -> float:
    """The processor time that gunicorn's workers have taken so far."""
    return sum(time.clock_gettime(clock_of(pid)) for pid in stack.workers())


def workers_ms(stack: Stack, work: Callable[[], object], times: int) -> float:
    """The processor time of the workers while something is done, for each time."""
    begin = workers_seconds(stack)
    work()
    return 1000 * (workers_seconds(stack) - begin) / times


def processor(stack: Stack, client: httpx.Client) -> None:
    pages = measured_pages(stack)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    for name, (milliseconds, statements) in in_process(stack, pages, cookies).items():
        path, rows = pages[name]
        for _ in range(WARM_UPS):  # each thread of each worker makes its plans of queries once
            ask(client, path)
        of_workers = workers_ms(stack, partial(ask, client, path), REQUESTS)
        goal = f" (goal {GOALS[name]})" if name in GOALS else ""
        also = f"; gunicorn's workers {of_workers:5.1f} ms" if rows == SHOWN else ""
        print(f"{name:15} processor time {milliseconds:5.1f} ms{goal}, {statements} statements of SQL{also}")


def ask(client: httpx.Client, path: str) -> None:
    for _ in range(REQUESTS):
        client.get(path).raise_for_status()


def in_process(stack: Stack, pages: dict[str, Page], cookies: str) -> dict[str, tuple[float, int]]:
    given = json.dumps({"pages": pages, "cookies": cookies})
    command = [sys.executable, "-m", "benchmarks.wsgi"]
    done = subprocess.run(command, cwd=ROOT, env=stack.env, input=given, stdout=subprocess.PIPE, check=True, text=True)
    return {name: (float(milliseconds), int(number)) for name, (milliseconds, number) in json.loads(done.stdout).items()}


def measured_pages(stack: Stack) -> dict[str, Page]:
    many, seven, long = with_documents(stack, 50), with_documents(stack, 7), with_documents(stack, 0)
    document_id = with_segments(stack, long, 100)
    ids = "&".join(f"ids={row.id}" for row in stack.dify.documents.page(seven).data)
    datasets = stack.pages["datasets"]
    return {
        "bare": ("/w/acme-support/settings/", SHOWN),
        "datasets of 20": (datasets, SHOWN),
        "documents of 20": (f"{datasets}{many}/", SHOWN),
        "documents of 50": (f"{datasets}{many}/", 50),
        "segments of 100": (f"{datasets}{long}/documents/{document_id}/", SHOWN),
        "poll of 7": (f"{datasets}{seven}/documents/progress/?{ids}", SHOWN),
    }


def with_documents(stack: Stack, number: int) -> UUID:
    """A dataset of its own."""
    dataset = stack.dify.datasets.create(
        name=f"Of {number} documents", description="", indexing_technique="economy", permission="only_me"
    )
    for place in range(number):
        stack.dify.documents.create_by_text(dataset.id, name=f"Document {place}.txt", text="A text.", new=NewDocument())
    return dataset.id


def with_segments(stack: Stack, dataset_id: UUID, number: int) -> UUID:
    """A document of its own."""
    rule = ProcessRule(mode="custom", separator="\n\n", max_tokens=1000, chunk_overlap=0)
    text = "\n\n".join(f"Number {n}: the breaker of this panel is amber while it starts." for n in range(number))
    new = NewDocument(process_rule=rule)
    return stack.dify.documents.create_by_text(dataset_id, name="Long.txt", text=text, new=new).document.id
