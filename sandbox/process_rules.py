"""How a document is to be split: what a call may say about it, and what is kept."""

from typing import Any, Literal

from pydantic import BaseModel

from sandbox.errors import invalid
from sandbox.models import Dataset, ProcessRule

AUTOMATIC_RULES: dict[str, Any] = {
    "pre_processing_rules": [
        {"id": "remove_extra_spaces", "enabled": True},
        {"id": "remove_urls_emails", "enabled": False},
    ],
    "segmentation": {"delimiter": "\n", "max_tokens": 500, "chunk_overlap": 50},
}


class PreProcessing(BaseModel):
    id: str
    enabled: bool


class Segmentation(BaseModel):
    separator: str = "\n"
    max_tokens: int
    chunk_overlap: int = 0


class Rules(BaseModel):
    pre_processing_rules: list[PreProcessing] | None = None
    segmentation: Segmentation | None = None
    parent_mode: Literal["full-doc", "paragraph"] | None = None
    subchunk_segmentation: Segmentation | None = None


class RuleChoice(BaseModel):
    mode: Literal["automatic", "custom", "hierarchical"]
    rules: Rules | None = None


def check(choice: RuleChoice) -> None:
    """What the API checks at once. The range of max_tokens is checked only while indexing."""
    if choice.mode == "automatic":
        return
    if choice.rules is None:
        raise invalid("Process rule rules is required")
    if choice.rules.pre_processing_rules is None:
        raise invalid("Process rule pre_processing_rules is required")
    if not all(rule.id for rule in choice.rules.pre_processing_rules):
        raise invalid("Process rule pre_processing_rules id is required")
    choice.rules.pre_processing_rules = list({rule.id: rule for rule in choice.rules.pre_processing_rules}.values())
    if choice.rules.segmentation is None:
        raise invalid("Process rule segmentation is required")
    if not choice.rules.segmentation.separator:
        raise invalid("Process rule segmentation separator is required")
    full_document = choice.mode == "hierarchical" and choice.rules.parent_mode == "full-doc"
    if not full_document and not choice.rules.segmentation.max_tokens:
        raise invalid("Process rule segmentation max_tokens is required")


def save(dataset: Dataset, choice: RuleChoice) -> ProcessRule:
    rules = AUTOMATIC_RULES
    if choice.mode != "automatic" and choice.rules is not None:
        rules = choice.rules.model_dump()
    return ProcessRule.objects.create(dataset=dataset, mode=choice.mode, rules=rules)


def latest(dataset: Dataset) -> ProcessRule | None:
    return ProcessRule.objects.filter(dataset=dataset).order_by("-created_at").first()


def as_row(rule: ProcessRule) -> dict[str, Any]:
    return {"id": rule.id, "dataset_id": rule.dataset_id, "mode": rule.mode, "rules": rule.rules}
