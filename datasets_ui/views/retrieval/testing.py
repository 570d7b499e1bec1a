"""Retrieval test: which segments a query finds."""

from typing import cast

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from datasets_ui.access import DatasetRequest, workspace_view
from datasets_ui.dify.retrieval import LONGEST_QUERY, Record, SearchMethod
from datasets_ui.forms.retrieval import RetrievalForm
from datasets_ui.htmx import render_page
from datasets_ui.services.datasets import remembered_dataset


@require_safe
@workspace_view()
def retrieval(request: DatasetRequest) -> HttpResponse:
    """One query field; the query is in the URL, so that a test can be shared and repeated."""
    dataset = remembered_dataset(request.scope)
    form = RetrievalForm(
        {"top_k": "10"} | request.GET.dict() if "q" in request.GET else None,
        economy=dataset.indexing_technique != "high_quality",
    )
    records: list[Record] | None = None
    if form.is_valid():
        default = form.fields["search_method"].choices[0][0]  # type: ignore[attr-defined]  # of the field that the form has
        records = request.scope.dify.retrieval.retrieve(
            request.scope.dataset_id,
            query=form.cleaned_data["q"],
            search_method=cast("SearchMethod", form.cleaned_data["search_method"] or default),
            top_k=form.cleaned_data["top_k"] or 10,
        )
    context = {"form": form, "dataset": dataset, "records": records, "longest": LONGEST_QUERY}
    status = 422 if form.errors else 200
    return render_page(request, "retrieval/test.html", "retrieval/_results.html", context, status)
