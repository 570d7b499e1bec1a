"""python -m benchmarks.house: how the house keeps to its own measures. Figures to look at; no gate."""

import ast
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("dashboard/", "datasets_ui/", "sandbox/")
OTHERS = ("static/vendor/", "vendor/")  # not ours
MANY = 6  # parameters
LONG = 300  # lines of a module

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(ending: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if name.endswith(ending) and "migrations" not in name and not name.startswith(OTHERS)]


def lines_with(marked: Callable[[str], bool]) -> int:
    return sum(marked(line) for name in files(".py") for line in (ROOT / name).read_text().splitlines())


def functions(*folders: str) -> list[Function]:
    trees = (ast.parse((ROOT / name).read_text()) for name in files(".py") if name.startswith(folders))
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, Function)]


def parameters(function: Function) -> int:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return len(names) + len(function.args.kwonlyargs) - (names[:1] in (["self"], ["cls"]))


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def main() -> None:
    told = list(map(parameters, functions(*PRODUCT)))
    views = list(map(length, functions("datasets_ui/views/")))
    modules = Counter({name: len((ROOT / name).read_text().splitlines()) for name in (*files(".py"), *files(".js"))})
    longest, lines = next(item for item in modules.most_common() if item[0].startswith((*PRODUCT, "static/")))
    rooms = [path for path in (ROOT / "datasets_ui" / "services").iterdir() if not path.name.startswith("__")]
    print(
        f"functions of the product: {len(told)}; with {MANY} parameters or more: {sum(n >= MANY for n in told) / len(told):.1%}"
    )
    print(f"most parameters of a function: {max(told)}")
    print(f"lines of a view: {median(views):.0f} at the median, {max(views)} at most")
    print(f"longest module: {longest}, {lines} lines (at most {LONG})")
    print(f"entries of services/: {len(rooms)}")
    print(f"`fmt: {'skip'}`: {lines_with(lambda line: line.rstrip().endswith('# fmt: ' + 'skip'))}")
    print(f"`type: {'ignore'}` without a reason: {lines_with(is_bare_ignore)}")


def is_bare_ignore(line: str) -> bool:
    _, found, rest = line.partition("# type: ignore[")
    return bool(found) and rest.rstrip().endswith("]")


if __name__ == "__main__":
    main()
