"""What a page costs a browser: seconds, requests and bytes over the wire, cold and warm."""

import os

import httpx
from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.stack import Stack

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CONSOLE = {"datasets": (1123, 101, 2.4), "documents": (1726, 128, 2.8), "retrieval": (1706, 123, 2.3)}


def browser(stack: Stack, client: httpx.Client) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS)
        for name, path in stack.pages.items():
            context = chromium.new_context()
            context.add_cookies([{"name": "session", "value": client.cookies["session"], "url": stack.url}])
            cold, warm = visit(context, stack.url + path), visit(context, stack.url + path)
            kilobytes, requests, seconds = CONSOLE[name]
            print(
                f"{name:9} in Chromium: cold {cold}; warm {warm}"
                f"  (goal 80 kB in 14, 30 kB in 4; Dify's console, cold: {kilobytes} kB in {requests}, {seconds} s)"
            )
            context.close()
        chromium.close()


def visit(context: BrowserContext, url: str) -> str:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url, wait_until="networkidle")
    loaded = seconds(page)
    over_the_wire = [size for size in sizes if size]
    page.close()
    return f"{sum(over_the_wire) / 1000:.0f} kB in {len(over_the_wire)} requests, {loaded:.2f} s"


def seconds(page: Page) -> float:
    return float(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")) / 1000
