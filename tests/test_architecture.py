"""What import-linter (pyproject.toml) does not say of the design: who alone may import what, and how large a module may become."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
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


def importers(*wanted: str, among: list[str]) -> list[str]:
    return [module for module in among if packages(module) & set(wanted)]


@pytest.mark.parametrize("module", PRODUCT)
def test_imports_are_absolute(module: str) -> None:
    assert [name for name in imports(module) if name.startswith(".")] == []


@pytest.mark.parametrize("module", PRODUCT)
def test_a_module_fits_in_the_head(module: str) -> None:
    assert len((ROOT / module).read_text().splitlines()) <= LONGEST_MODULE


def test_only_two_modules_know_the_http_library() -> None:
    assert importers("httpx", "httpcore", among=PRODUCT) == [
        "datasets_ui/dify/answers.py",
        "datasets_ui/dify/http.py",
        "datasets_ui/dify/network.py",
    ]


def test_only_one_module_knows_the_cryptography_library() -> None:
    assert importers("cryptography", among=PRODUCT) == ["datasets_ui/crypto.py"]


def test_only_connections_opens_what_is_sealed() -> None:
    users = [module for module in OURS if any(name.startswith("datasets_ui.crypto.unseal") for name in imports(module))]
    assert users == ["datasets_ui/services/keys/connections.py"]


def test_crypto_is_never_imported_as_a_whole() -> None:
    """Or the test above could not see who unseals."""
    whole = {"datasets_ui.crypto", "datasets_ui.crypto.*"}
    assert [module for module in PRODUCT if imports(module) & whole] == []


def test_the_product_does_not_know_its_tests() -> None:
    assert importers("tests", "pytest", among=PRODUCT) == []
