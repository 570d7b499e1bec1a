"""Addresses of API keys, below a workspace."""

from django.urls import URLPattern, path

from datasets_ui.views.keys import api_keys

workspace: list[URLPattern] = [
    path("keys/", api_keys.api_keys, name="api-keys"),
    path("keys/new/", api_keys.new_api_key, name="new-api-key"),
    path("keys/<uuid:key_id>/", api_keys.api_key, name="api-key"),
    path("keys/<uuid:key_id>/replace/", api_keys.replace_api_key, name="api-key-replace"),
    path("keys/<uuid:key_id>/try/", api_keys.try_api_key, name="api-key-try"),
    path("keys/<uuid:key_id>/default/", api_keys.default_api_key, name="api-key-default"),
    path("keys/<uuid:key_id>/enabled/", api_keys.enable_api_key, name="api-key-enable"),
    path("keys/<uuid:key_id>/delete/", api_keys.delete_api_key, name="api-key-delete"),
]
