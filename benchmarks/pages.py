"""How long pages take, beside the API call they are made of."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks.processor import workers_seconds
from benchmarks.stack import Stack

ROUNDS = 40
CONNECTIONS = 32
REQUESTS = 300
RATE_ROUNDS = 5


def median_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    for _ in range(5):
        work()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1000 * statistics.median(times)


def fetched(client: httpx.Client, path: str) -> Callable[[], object]:
    return lambda: client.get(path).raise_for_status()


def pages(stack: Stack, client: httpx.Client) -> None:
    bare = median_ms(fetched(client, "/w/acme-support/settings/"))
    print(f"signed-in page without an API call            {bare:7.1f} ms")
    calls: dict[str, Callable[[], object]] = {
        "datasets": stack.dify.datasets.page,
        "documents": lambda: stack.dify.documents.page(stack.dataset_id),
    }
    for latency in (0, 100):
        stack.start_sandbox(latency)
        for name, call in calls.items():
            direct, page = median_ms(call), median_ms(fetched(client, stack.pages[name]))
            print(
                f"{name:9} page at {latency:3} ms: {page:7.1f} ms; API call alone {direct:6.1f} ms"
                f"  ratio {page / direct:5.2f}, {page - direct:+5.1f} ms (goal +25)"
            )
        rate(
            stack, client, "documents", calls["documents"]
        )  # of the datasets the API itself answers no more than a few a second
    stack.start_sandbox(0)


def rate(stack: Stack, client: httpx.Client, name: str, call: Callable[[], object]) -> None:
    """Requests a second with 32 connections, beside the same calls made directly. One person holds that many: where the API is slow,
    some of their pages are refused, so that others have room; those do not count."""
    cookies = client.cookies
    local = threading.local()

    def page() -> object:
        if not hasattr(local, "client"):
            local.client = httpx.Client(base_url=stack.url, cookies=cookies, timeout=60, trust_env=False)
        answer = local.client.get(stack.pages[name])
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return None
        return answer.raise_for_status()

    before = workers_seconds(stack)
    rounds = [(per_second(page), per_second(call)) for _ in range(RATE_ROUNDS)]
    spent = 1000 * (workers_seconds(stack) - before) / (RATE_ROUNDS * (REQUESTS + CONNECTIONS))
    ours, direct = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    ratio = statistics.median(page_rate / call_rate for page_rate, call_rate in rounds)
    print(
        f"{name:9} at {CONNECTIONS} connections: {ours:6.0f} requests/s; API alone {direct:6.0f}  ratio {ratio:5.2f}"
        f" (medians of {RATE_ROUNDS}); the workers' processor time {spent:5.1f} ms a page"
    )


def per_second(work: Callable[[], object], requests: int = REQUESTS) -> float:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda _: work(), range(CONNECTIONS)))
        begin = time.perf_counter()
        answered = sum(bool(answer) for answer in pool.map(lambda _: work(), range(requests)))
        return answered / (time.perf_counter() - begin)
