"""The worker behind the API: threads that take documents through waiting, parsing, cleaning, splitting, indexing.

Each step is written down only if the document still is at the generation the run began with. A document that was
deleted, or uploaded again, so stops the older run at its next step.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from sandbox import embedding_models, extraction, keywords, pictures, segmenting, summaries
from sandbox.faults import registry
from sandbox.models import FINISHED, Document, Segment
from sandbox.versions import dify

THREADS = 4
SLICES = 5  # splitting shows its progress in about this many steps
BATCH = 10  # segments that a high_quality dataset completes at a time
FOLLOW_SECONDS = 0.25  # how long enabling, disabling and archiving keep a document locked

logger = logging.getLogger(__name__)


class SupersededError(Exception):
    """The document is gone, or a later run has it."""


class HangError(Exception):
    """An update of 1.12.1 waits for its own lock, for ever."""


class StoppedError(Exception):
    """The server is shutting down; the document is indexed again after the next start."""


class Indexer:
    """A pool of threads and the queue they work off."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.hangs = threading.Event()  # a worker has one slot: while it hangs, nothing else is done
        self.pace: float = settings.SANDBOX_PACE
        self.threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begins to work, with whatever the last server on this data left unfinished."""
        lost = {"created_from": "web"} if dify().updates_hang else {}
        for document in Document.objects.exclude(indexing_status__in=FINISHED).exclude(**lost).order_by("created_at"):
            self.index(document.id, document.generation)
        for document in Document.objects.filter(locked_until__gt=time.time(), indexing_status="completed"):
            self.follow_status(document.id)
        connection.close()
        for i in range(THREADS):
            thread = threading.Thread(target=self._work, name=f"indexer-{i}", daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.stopping.set()
        for _ in self.threads:
            self.jobs.put(None)
        for thread in self.threads:
            thread.join(timeout=2)

    def index(self, document_id: UUID, generation: int) -> None:
        self.jobs.put(lambda: self.run(document_id, generation))

    def run(self, document_id: UUID, generation: int) -> None:
        self.wait(settings.SANDBOX_QUEUE)
        Run(document_id, generation, self.pause).go()

    def follow_status(self, document_id: UUID) -> None:
        """Brings the segments in line with a document that was enabled, disabled or archived, and unlocks it."""
        self.later(lambda: follow_status(document_id))

    def unlock(self, segment_id: UUID) -> None:
        self.later(lambda: unlock(segment_id))

    def later(self, job: Callable[[], None]) -> None:
        timer = threading.Timer(max(FOLLOW_SECONDS, self.pace), self.jobs.put, [job])
        timer.daemon = True
        timer.start()

    def pause(self, share: float = 1) -> None:
        self.wait(self.pace * share)

    def wait(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise StoppedError

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None:
            if self.hangs.is_set():
                continue  # fetched and never done
            try:
                job()
            except HangError:
                self.hangs.set()
            except (SupersededError, StoppedError):
                continue
            except Exception:  # a worker outlives the job that failed
                logger.exception("indexing")
        connection.close()


indexer = Indexer()


def unlock(segment_id: UUID) -> None:
    Segment.objects.filter(id=segment_id).update(locked_until=0)


def follow_status(document_id: UUID) -> None:
    with transaction.atomic():
        document = Document.objects.filter(id=document_id).first()
        if document is None:
            return
        shown = document.enabled and not document.archived
        disabled_at = None if shown else document.disabled_at or time.time()
        if shown and not document.dataset.high_quality:
            extract_anew(document.segments.filter(enabled=False))
        document.segments.exclude(enabled=shown).update(enabled=shown, disabled_at=disabled_at, updated_at=time.time())
        Document.objects.filter(id=document_id).update(locked_until=0)


def extract_anew(segments: "QuerySet[Segment]") -> None:
    """Who comes back into a keyword index is read again: keywords by hand are gone."""
    found = list(segments)
    for segment in found:
        segment.keywords = keywords.extract(segment.content)
    Segment.objects.bulk_update(found, ["keywords"], batch_size=500)


class Run:
    """One document's way through the stages."""

    def __init__(self, document_id: UUID, generation: int, pause: Callable[..., None]) -> None:
        self.document_id, self.generation, self.pause = document_id, generation, pause

    def go(self) -> None:
        try:
            self.stages(self.document())
        except (SupersededError, StoppedError, HangError):
            raise
        except Exception as error:  # noqa: BLE001  (whatever goes wrong is the document's error)
            self.record(indexing_status="error", error=str(error), stopped_at=time.time())

    def stages(self, document: Document) -> None:
        started = time.time()
        self.record(indexing_status="parsing", processing_started_at=started)
        hangs = dify().updates_hang and document.created_from == "web" and document.segments.exists()
        if not hangs:
            document.segments.all().delete()
        if document.doc_form not in segmenting.FORMS:
            raise ValueError(f"Index type {document.doc_form} is not supported.")
        self.pause()
        if message := registry.indexing_error(document.name):
            raise extraction.ExtractionError(message)
        texts = self.texts(document)
        self.record(indexing_status="cleaning", parsing_completed_at=time.time(), word_count=sum(len(text) for text in texts))
        self.pause()
        drafts = segmenting.drafts(document, texts)
        self.record(indexing_status="splitting", cleaning_completed_at=time.time())
        self.split(document, drafts)
        self.record(indexing_status="indexing", splitting_completed_at=time.time())
        if hangs:
            document.segments.exclude(status="re_segment").update(status="indexing", indexing_at=time.time())
            raise HangError
        tokens = self.index(document)
        words = document.segments.aggregate(words=Sum("word_count"))["words"] or 0
        done = time.time()
        self.record(
            indexing_status="completed",
            completed_at=done,
            indexing_latency=done - started,
            tokens=tokens,
            word_count=words,
            error=None,
            updated_at=done,
        )

    def texts(self, document: Document) -> list[str]:
        file = document.upload_file
        return extraction.extract(bytes(file.content), file.extension, partial(pictures.keep, document))

    def split(self, document: Document, drafts: list[segmenting.Draft]) -> None:
        size = max(len(drafts) // SLICES, 1)
        slices = [drafts[i : i + size] for i in range(0, len(drafts), size)] or [[]]
        for part in slices:
            with transaction.atomic():
                self.record()
                segmenting.save(document, part)
            self.pause(1 / len(slices))

    def index(self, document: Document) -> int:
        """An economy document completes all its segments at once, a high_quality one a few at a time."""
        now = time.time()
        document.segments.update(status="indexing", indexing_at=now, updated_at=now)
        if not document.dataset.high_quality:
            self.pause()
            if document.doc_form != "hierarchical_model":  # economy has no index for these: they stay as they are
                self.complete(document, list(document.segments.all()))
            return 0
        segments = list(document.segments.all())
        batches = [segments[i : i + BATCH] for i in range(0, len(segments), BATCH)] or [[]]
        for batch in batches:
            self.pause(1 / len(batches))
            self.complete(document, batch)
        return sum(embedding_models.count_tokens(segment.content) for segment in segments)

    def complete(self, document: Document, segments: list[Segment]) -> None:
        now, high_quality = time.time(), document.dataset.high_quality
        for segment in segments:
            if high_quality:
                segment.tokens = embedding_models.count_tokens(segment.content)
                segment.summary = summaries.made(segment.content) if document.need_summary else None
            else:
                segment.keywords = keywords.extract(segment.content)
        with transaction.atomic():
            self.record()
            Segment.objects.bulk_update(segments, ["tokens", "summary"] if high_quality else ["keywords"], batch_size=500)
            done = {"status": "completed", "enabled": True, "completed_at": now, "updated_at": now}
            for begin in range(0, len(segments), 500):
                Segment.objects.filter(id__in=[segment.id for segment in segments[begin : begin + 500]]).update(**done)

    def document(self) -> Document:
        document = (
            Document.objects.select_related("dataset", "upload_file", "process_rule")
            .filter(id=self.document_id, generation=self.generation)
            .first()
        )
        if document is None:
            raise SupersededError
        return document

    def record(self, **values: Any) -> None:
        rows = Document.objects.filter(id=self.document_id, generation=self.generation)
        if not rows.update(generation=self.generation, **values):
            raise SupersededError
