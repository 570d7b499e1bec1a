"""What the demo's sandbox begins with: a support desk's knowledge of sixty documents, made of the phrases in demo_phrases/.

The same at each start: what looks like chance comes from the names of the documents.
"""

import json
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from datasets_ui.management.demo import DATASET, WATCHED

PHRASES = Path(__file__).resolve().parent / "demo_phrases"
SLOW_SECONDS = 10.0
DISABLED, ARCHIVED = "VentLine 8 customer questions.md", "XR-220 installation.md"
USUAL_LENGTH, VARIES_BY = 24, 8  # segments of a document
SPOILED_ONE_IN = 3
LONG = 15  # segments that somebody has pasted into one
DAYS = 120.0  # the age of the oldest

Phrases = dict[str, Any]

# What cannot be read, and so fails for good; of the last one the model that indexes it was away.
UNREADABLE = {
    "Spare parts 2019.xlsx": "Exported by a program that has ended half-way.",
    "Letter to dealers.docx": "{\\rtf1 An older format under a new name.}",
    "Wiring diagram XR-100.pdf": "%PDF-1.4\nThe rest of the file was lost on the way.",
    "Ticket export.md": "Tickets of the last quarter.\n\nThey are exported each Monday and hold no names of customers.",
}
REFUSAL = {
    "kind": "indexing_error",
    "path": "^Ticket export",
    "message": "[openai] Rate Limit Error, the quota of the embedding model is used up for today.",
    "times": None,
}


def write_seed(file: Path) -> None:
    """For `python -m sandbox --seed`, readable by its owner alone, like all that the demo keeps."""
    file.touch(mode=0o600)
    file.write_text(json.dumps(seed(), ensure_ascii=False), encoding="utf-8")


def seed() -> dict[str, Any]:
    """The datasets and faults, as sandbox/seeding.py reads them."""
    documents = [document for code in ("en", "zh", "ja") for document in documents_in(code)]
    documents += [{"name": name, "text": text} for name, text in UNREADABLE.items()]
    for place, document in enumerate(documents):
        document["days_ago"] = round(DAYS * (1 - place / len(documents)), 2)
    slow = {
        "kind": "slow",
        "method": "POST",
        "path": f"/documents/{id_of(WATCHED)}/segments/",
        "seconds": SLOW_SECONDS,
        "times": None,
    }
    about = "What the support desk knows of all units, in three languages"
    return {"faults": [slow, REFUSAL], "datasets": [{"name": DATASET, "description": about, "documents": documents}]}


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"https://demo.example.com/{name}")


def documents_in(code: str) -> Iterator[dict[str, Any]]:
    """A document for each product and topic of a language."""
    phrases = tomllib.loads((PHRASES / f"{code}.toml").read_text(encoding="utf-8"))
    for number, (model, topic) in enumerate(product(phrases["products"], phrases["topics"])):
        name = topic["title"].format(product=model)
        segments = written(phrases, model, topic, name)
        yield {
            "id": str(id_of(name)),
            "name": name,
            "language": phrases["language"],
            "enabled": name != DISABLED,
            "archived": name == ARCHIVED,
            "segments": spoiled(segments, phrases, name) if number % SPOILED_ONE_IN == 1 else segments,
        }


def written(phrases: Phrases, model: str, topic: Phrases, name: str) -> list[dict[str, Any]]:
    """Some of what can be said of the parts of a product, in its order."""
    chance = random.Random(name)  # noqa: S311 not for secrets
    found = []
    for number, (part, sentence) in enumerate(product(phrases["parts"], topic["sentences"])):
        code = f"E{10 + phrases['parts'].index(part)}{phrases['products'].index(model)}"
        order = f"{model.replace(' ', '').upper()}-{100 + number}"
        facts = part | {"product": model, "code": code, "order": order, "weeks": chance.randint(2, 9)}
        facts["often"] = lowered(part.get("interval", ""))
        content = sentence.format_map(facts)
        # a language without spaces: words have to be told by somebody who knows them
        own = None if phrases["language"] == "English" else [word for word in (part["name"], model, code) if word in content]
        found.append({"content": content[:1].upper() + content[1:], "keywords": own})
    if name == WATCHED:
        return found
    length = min(USUAL_LENGTH + chance.randint(-VARIES_BY, VARIES_BY), len(found))
    return [found[place] for place in sorted(chance.sample(range(len(found)), length))]


def lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def spoiled(segments: list[dict[str, Any]], phrases: Phrases, name: str) -> list[dict[str, Any]]:
    """With what happens to texts on their way: each fault once, at places that chance chooses."""
    chance = random.Random(f"faults of {name}")  # noqa: S311 not for secrets
    texts = list(segments)
    places = chance.sample(range(len(texts)), len(SPOILERS))
    for place, spoil in zip(places, SPOILERS, strict=True):
        texts[place] = texts[place] | {"content": spoil(texts[place]["content"])}
    long = {"content": "\n".join(segment["content"] for segment in segments[:LONG]), "keywords": segments[0]["keywords"]}
    again, alike = segments[places[0] - 1], segments[places[1] - 1]
    texts.insert(chance.randrange(len(texts)), again)
    texts.insert(chance.randrange(len(texts)), alike | {"content": alike["content"] + " (2024)."})
    texts.insert(chance.randrange(len(texts)), {"content": phrases["see_above"], "keywords": None})
    return [*texts, long]


def leave_markup(text: str) -> str:
    """Left over from a page of the web."""
    return f"<p>{text}</p>&nbsp;<br>"


def break_off(text: str) -> str:
    """The end of a page, whose rest is nowhere."""
    return re.sub(r"[\s\W]+$", "", text[: len(text) * 3 // 4])


def lose_spaces(text: str) -> str:
    """As the cutting of Dify 1.12 does."""
    return re.sub(r"\s", "", text)


def empty(text: str) -> str:  # noqa: ARG001 nothing of it is left
    """A page with a picture only."""
    return " "


SPOILERS: tuple[Callable[[str], str], ...] = (leave_markup, break_off, lose_spaces, empty)
