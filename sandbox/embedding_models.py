"""The models on offer: a provider of stand-ins that need no network. Its vectors are those behind the recordings.

An embedding counts words and pairs of words, each at the place and with the sign that its hash says, and so
texts that share words are near each other. The language model always answers with the same two questions.
"""

import hashlib
import math
import re
from itertools import pairwise
from typing import Any

from django.http import HttpRequest

from sandbox.errors import QuirkError, invalid
from sandbox.models import TENANT, Dataset
from sandbox.versions import dify

PROVIDER = "local/hashvec/hashvec"
DEFAULT_EMBEDDING = "hash-256"
SIZES = {"hash-256": 256, "hash-512": 512}
LETTERS_PER_TOKEN = 4
QUESTIONS = [
    ("What is the first topic?", "It is about leave."),
    ("How many days are there?", "Twenty-five days."),
]  # what hash-chat makes of any text

PROPERTIES: dict[str, dict[str, dict[str, Any]]] = {
    "text-embedding": {
        "hash-256": {"context_size": 8191, "max_chunks": 32},
        "hash-512": {"context_size": 8191, "max_chunks": 16},
    },
    "rerank": {"hash-rerank": {"context_size": 8192}},
    "llm": {"hash-chat": {"mode": "chat", "context_size": 8192}},
}
SAME_TYPE = {"embeddings": "text-embedding", "reranking": "rerank", "text-generation": "llm"}
WITHOUT_MODELS = {"speech2text", "tts", "moderation"}

Vector = dict[int, float]


def list_models(_request: HttpRequest, model_type: str) -> Any:
    kind = SAME_TYPE.get(model_type, model_type)
    if kind in WITHOUT_MODELS:
        return {"data": []}
    if kind not in PROPERTIES:
        raise invalid(f"invalid origin model type {model_type}")
    label = {"zh_Hans": "HashVec", "en_US": "HashVec"}
    return {
        "data": [
            {
                "tenant_id": TENANT,
                "provider": PROVIDER,
                "label": label,
                "icon_small": None,
                "icon_small_dark" if dify().dark_icons else "icon_large": None,
                "status": "active",
                "models": [model_row(kind, name) for name in PROPERTIES[kind]],
            }
        ]
    }


def model_row(kind: str, name: str) -> dict[str, Any]:
    return {
        "model": name,
        "label": {"zh_Hans": name, "en_US": name},
        "model_type": kind,
        "features": [],
        "fetch_from": "predefined-model",
        "model_properties": PROPERTIES[kind][name],
        "deprecated": False,
        "status": "active",
        "load_balancing_enabled": False,
        "has_invalid_load_balancing_configs": False,
    }


def require_provider(provider: str | None) -> None:
    if provider != PROVIDER:
        raise invalid(f"Provider {provider} does not exist.")


def require_embedding(values: dict[str, Any]) -> None:
    """A model is looked at only when its provider is named too."""
    if values.get("embedding_model") and values.get("embedding_model_provider"):
        require_provider(values["embedding_model_provider"])


def require_rerank_provider(retrieval_model: dict[str, Any] | None) -> None:
    """Looked at whether reranking is on or not."""
    rerank = (retrieval_model or {}).get("reranking_model") or {}
    if not isinstance(rerank, dict):
        raise QuirkError("reranking_model is not an object")
    if provider := rerank.get("reranking_provider_name"):
        require_provider(provider)


def available(dataset: Dataset) -> bool:
    return not dataset.high_quality or (dataset.embedding_model_provider == PROVIDER and dataset.embedding_model in SIZES)


def count_tokens(text: str) -> int:
    return len(text) // LETTERS_PER_TOKEN


def embed(text: str, size: int) -> Vector:
    words = re.findall(r"\w+", text.lower())
    vector: Vector = {}
    for feature in [*words, *("_".join(pair) for pair in pairwise(words))]:
        value = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
        sign = -1 if value >> 63 else 1
        vector[value % size] = vector.get(value % size, 0) + sign
    return vector


def cosine(one: dict[Any, float], other: dict[Any, float]) -> float:
    dot = sum(value * other.get(place, 0) for place, value in one.items())
    lengths = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return dot / lengths if lengths else 0.0
