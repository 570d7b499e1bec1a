"""A dashboard whose only page fails."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from dashboard.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a defect of our own")


urlpatterns = [path("", broken, name="home"), path("sign-in/", broken, name="account_login")]
