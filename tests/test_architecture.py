"""The arrows of the design: who may import whom, and how large a module may become."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    ["dify", "crypto"],
    ["models"],
    ["services"],
    ["tables"],
    ["forms", "access", "accounts", "htmx"],
    ["views", "middleware", "tasks", "management", "templatetags"],
    ["urls", "apps"],
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
LONGEST_MODULE = 300


def modules(*folders: str) -> list[str]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]
    return [str(path.relative_to(ROOT)) for path in paths]


OURS = modules("datasets_ui")
PRODUCT = [*modules("dashboard", "datasets_ui", "sandbox"), "manage.py"]


def imported(source: str) -> Iterator[str]:
    """The dotted name of each thing that is imported, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def imports(module: str) -> set[str]:
    return set(imported((ROOT / module).read_text()))


def packages(module: str) -> set[str]:
    return {name.split(".")[0] for name in imports(module)}


def rank(dotted: str) -> int | None:
    parts = dotted.split(".")
    return RANK[parts[1]] if parts[0] == "datasets_ui" and len(parts) > 1 else None


def rank_of_file(module: str) -> int | None:
    return rank(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def upward(own: int | None, names: set[str]) -> list[str]:
    return sorted(name for name in names if own is not None and (rank(name) or 0) > own)


def importers(*wanted: str, among: list[str]) -> list[str]:
    return [module for module in among if packages(module) & set(wanted)]


@pytest.mark.parametrize("module", OURS)
def test_every_module_has_a_layer(module: str) -> None:
    assert module == "datasets_ui/__init__.py" or rank_of_file(module) is not None


@pytest.mark.parametrize("module", OURS)
def test_arrows_go_down_only(module: str) -> None:
    assert upward(rank_of_file(module), imports(module)) == []


def test_an_arrow_that_goes_up_is_noticed() -> None:
    source = "import datasets_ui.models\ndef f():\n    from datasets_ui.views import datasets\n"
    assert upward(rank("datasets_ui.services"), set(imported(source))) == ["datasets_ui.views.datasets"]


@pytest.mark.parametrize("module", PRODUCT)
def test_imports_are_absolute(module: str) -> None:
    assert [name for name in imports(module) if name.startswith(".")] == []


@pytest.mark.parametrize("module", PRODUCT)
def test_a_module_fits_in_the_head(module: str) -> None:
    assert len((ROOT / module).read_text().splitlines()) <= LONGEST_MODULE


def test_only_two_modules_know_the_http_library() -> None:
    assert importers("httpx", "httpcore", among=PRODUCT) == [
        "datasets_ui/dify/answers.py", "datasets_ui/dify/http.py", "datasets_ui/dify/network.py"
    ]  # fmt: skip


def test_only_one_module_knows_the_cryptography_library() -> None:
    assert importers("cryptography", among=PRODUCT) == ["datasets_ui/crypto.py"]


def test_the_client_and_crypto_do_not_know_django() -> None:
    low = [module for module in OURS if rank_of_file(module) == 0]
    assert importers("django", "dashboard", among=low) == []


def test_dashboard_and_sandbox_do_not_know_each_other() -> None:
    assert importers("datasets_ui", "dashboard", among=modules("sandbox")) == []
    assert importers("sandbox", among=modules("dashboard", "datasets_ui")) == []


def test_only_connections_opens_what_is_sealed() -> None:
    users = [module for module in OURS if any(name.startswith("datasets_ui.crypto.unseal") for name in imports(module))]
    assert users == ["datasets_ui/services/connections.py"]


def test_crypto_is_never_imported_as_a_whole() -> None:
    """Or the test above could not see who unseals."""
    whole = {"datasets_ui.crypto", "datasets_ui.crypto.*"}
    assert [module for module in PRODUCT if imports(module) & whole] == []


def test_the_product_does_not_know_its_tests() -> None:
    assert importers("tests", "pytest", among=PRODUCT) == []
