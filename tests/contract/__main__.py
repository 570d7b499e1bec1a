"""python -m tests.contract: start a fresh sandbox, play the recordings against it; the last line is the figure."""

import sys
import tempfile
from pathlib import Path

from tests.contract.player import play_all, recordings, report
from tests.sandbox_process import SandboxProcess

# The server that was recorded. Its documents waited for a worker, some of them through many calls; nothing else took its time.
AS_RECORDED = ("--dify-version", "1.10.1", "--queue", "0.4")


def main() -> int:
    with tempfile.TemporaryDirectory() as data, SandboxProcess(Path(data), *AS_RECORDED) as sandbox:
        outcomes = list(play_all(sandbox.base_url, sandbox.key, recordings()))
    return 0 if report(outcomes, verbose="--verbose" in sys.argv) else 1


if __name__ == "__main__":
    sys.exit(main())
