"""What the segment editor costs with a document of ten thousand segments."""

import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import httpx

from benchmarks.pages import fetched, median_ms
from benchmarks.stack import Stack
from datasets_ui.dify.documents import NewDocument, ProcessRule
from datasets_ui.dify.segments import Segment

SEGMENTS = 10_000
SAVES = 30
AT_ONCE = 4  # as many items of a job are under way; each is a reading and a writing call
SAMPLE = 400
LATENCY = 30  # milliseconds: what a Dify on the same machine needs for a segment
PATIENCE = 900


def segments(stack: Stack, client: httpx.Client) -> None:
    document_id = long_document(stack)
    of = (stack.dataset_id, document_id)
    address = f"{stack.pages['documents']}documents/{document_id}/"

    def page() -> list[Segment]:
        return more(stack, of, 1)

    for latency in (0, 100):
        stack.start_sandbox(latency)
        direct, shown = median_ms(page), median_ms(fetched(client, address))
        print(
            f"{SEGMENTS:,} segments, first hundred at {latency:3} ms: {shown:7.1f} ms; API call alone {direct:6.1f} ms"
            f"  ratio {shown / direct:5.2f}, {shown - direct:+5.1f} ms (goal +50)"
        )
    stack.start_sandbox(0)
    saves(stack, client, address, page()[:SAVES])
    stack.start_sandbox(LATENCY)
    find_and_replace(stack, client, address, [row for number in range(1, 5) for row in more(stack, of, number)])


def long_document(stack: Stack) -> UUID:
    text = "\n\n".join(f"Number {n}: the breaker of this panel is amber while it starts." for n in range(SEGMENTS))
    rule = ProcessRule(mode="custom", separator="\n\n", max_tokens=1000, chunk_overlap=0)
    new = NewDocument(process_rule=rule)
    made = stack.dify.documents.create_by_text(stack.dataset_id, name="Long.txt", text=text, new=new).document
    wait_for(lambda: stack.dify.documents.get(stack.dataset_id, made.id).finished)
    return made.id


def more(stack: Stack, of: tuple[UUID, UUID], number: int) -> list[Segment]:
    return stack.dify.segments.page(*of, number, limit=100).data


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > until:
            raise SystemExit("it took too long")
        time.sleep(0.2)


def headers(client: httpx.Client, address: str) -> dict[str, str]:
    token = re.search(r'"X-CSRFToken": "(\w+)"', client.get(address).text)
    return {"X-CSRFToken": token[1] if token else "", "HX-Request": "true"}


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def saves(stack: Stack, client: httpx.Client, address: str, rows: list[Segment]) -> None:
    """Each save is the API's reading and its writing call; beside it, the same two calls made directly."""
    sent = headers(client, address)
    ours, direct = [], []
    for row in rows:
        of = (stack.dataset_id, row.document_id, row.id)
        edit = f"{address}segments/{row.id}/edit/"
        opened = dict(re.findall(r'name="(opened_as|keywords)" value="([^"]*)"', client.get(edit, headers=sent).text))
        form = opened | {"content": f"{row.content} Saved."}
        ours.append(seconds(lambda edit=edit, form=form: client.post(edit, data=form, headers=sent).raise_for_status()))  # type: ignore[misc]  # mypy infers no lambda with a default

        def both(of: tuple[UUID, UUID, UUID] = of) -> None:
            now = stack.dify.segments.get(*of)
            stack.dify.segments.update(
                *of,
                content=f"{now.content} Again.",
                answer=None,
                keywords=now.keywords or [],
                attachment_ids=now.attachment_ids,
            )

        direct.append(seconds(both))
    mine, bare = 1000 * statistics.median(ours), 1000 * statistics.median(direct)
    print(
        f"a save: {mine:7.1f} ms; its API calls alone {bare:6.1f} ms  ratio {mine / bare:5.2f}, {mine - bare:+5.1f} ms (goal +25)"
    )


def find_and_replace(stack: Stack, client: httpx.Client, address: str, sample: list[Segment]) -> None:
    """A dry run over all segments and the job that replaces in all of them, by a worker of its own; beside it, the same reading
    and writing calls with as many threads, of some of the segments."""
    direct = calls_a_second(stack, sample)
    worker = stack.start_worker()
    before = memory_mb(worker)
    sent = headers(client, address) | {"HX-Request": ""}
    form = {"find": "amber", "replace": "red", "how": "plain", "in_content": "on"}
    found: list[httpx.Response] = []
    looking = seconds(
        lambda: found.append(until_text(client, client.post(f"{address}replace/", data=form, headers=sent), "Replace in"))
    )
    begun = client.post(str(found[0].url), data={}, headers=sent)
    replacing = seconds(lambda: until_text(client, begun, ">Done</span>"))
    rate, grown = 2 * SEGMENTS / replacing, memory_mb(worker) - before
    print(f"find over {SEGMENTS:,} segments: {looking:6.1f} s")
    print(
        f"replace in {SEGMENTS:,} segments: {replacing:6.1f} s, {rate:5.0f} calls/s; {AT_ONCE} threads directly {direct:5.0f} calls/s"
        f"  ratio {rate / direct:5.2f}; the worker has {before:.0f} MB before, at most {grown:.1f} MB more (goal under 64)"
    )


def calls_a_second(stack: Stack, sample: list[Segment]) -> float:
    def both(row: Segment) -> None:
        of = (stack.dataset_id, row.document_id, row.id)
        now = stack.dify.segments.get(*of)
        stack.dify.segments.update(
            *of, content=f"{now.content} Directly.", answer=None, keywords=now.keywords or [], attachment_ids=now.attachment_ids
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return 2 * SAMPLE / seconds(lambda: list(pool.map(both, sample[:SAMPLE])))


def until_text(client: httpx.Client, shown: httpx.Response, text: str) -> httpx.Response:
    """The page, asked for again until it says so."""
    latest = [shown]

    def says_so() -> bool:
        latest[0] = client.get(str(shown.url))
        return text in latest[0].text

    wait_for(says_so)
    return latest[0]


def memory_mb(pid: int) -> float:
    """The most that a process ever had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
