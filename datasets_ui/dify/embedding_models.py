"""The models that Dify has at hand, by type. API page: docs.dify.ai, Knowledge API, "Models"."""

from typing import Any, Literal

from pydantic import Field

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.http import Http
from datasets_ui.dify.paging import ListOf, Model, Rows
from datasets_ui.dify.parsing import parse

ModelType = Literal["text-embedding", "rerank", "llm", "tts", "speech2text", "moderation"]


class ProviderModel(Model):
    """A model of a provider; usable when its status is "active"."""

    model: str
    label: dict[str, Any] | None = None
    model_type: str | None = None
    features: ListOf[str] | None = None
    fetch_from: str | None = None
    model_properties: dict[str, Any] | None = None
    status: str | None = None
    deprecated: bool = False
    load_balancing_enabled: bool = False
    has_invalid_load_balancing_configs: bool = False

    @property
    def usable(self) -> bool:
        return self.status in {None, "active"} and not self.deprecated


class Provider(Model):
    """A provider with its models; `provider` is the name to send along with a model."""

    provider: str
    label: dict[str, Any] | None = None
    status: str | None = None
    models: ListOf[ProviderModel] = Field(default_factory=list)


class Models:
    def __init__(self, http: Http) -> None:
        self.http = http

    def list(self, model_type: ModelType = "text-embedding") -> ListOf[Provider]:
        """The providers of a type of models, with their models. Page "Get Available Models".

        Raises Invalid for an unknown type, or when Dify cannot reach its plugins (plugin_daemon_unreachable); NotSupported.
        """
        with self.http.capabilities.needs(Feature.MODELS):
            answer = self.http.read("GET", f"/workspaces/current/models/model-types/{model_type}")
        return parse(Rows[Provider], answer).data
