"""What uploads cost a worker in memory."""

import re
from pathlib import Path

import httpx

from benchmarks.stack import Stack

UPLOADS = 20
FILE = b"%PDF" + b"0" * (15 * 1024 * 1024 - 4)


def resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def uploads(stack: Stack, client: httpx.Client) -> None:
    address = f"{stack.pages['datasets']}{stack.upload_dataset_id}/"
    page = client.get(address).text
    token = re.search(r'"X-CSRFToken": "(\w+)"', page)
    headers = {"X-CSRFToken": token[1] if token else "", "HX-Request": "true", "Origin": stack.url}
    for path in list(stack.pages.values()) * 10:  # so that what a worker loads once is not counted as growth
        client.get(path)
    before = {pid: resident_mb(pid) for pid in stack.workers()}
    for number in range(UPLOADS):
        files = {"files": (f"Large {number}.pdf", FILE, "application/pdf")}
        answer = client.post(f"{address}uploads/", files=files, headers=headers)
        if 'data-upload="sent"' not in answer.text:
            raise SystemExit(f"an upload failed: {answer.status_code} {answer.text[:300]}")
    grown = max(resident_mb(pid) - size for pid, size in before.items())
    base = max(before.values())
    print(
        f"{UPLOADS} uploads of 15 MB: a worker has {base:.0f} MB before, grows by {grown:.1f} MB at most (goal under 32), ratio {1 + grown / base:.2f}"
    )
