"""What logs leave out."""

from dashboard.logs import without_tokens


def test_the_token_of_a_sign_in_link_is_not_logged() -> None:
    event = {"event": "request_started", "request": "GET /sign-in/?token=AAAA-b_c", "code": 200}
    assert without_tokens(None, "info", event) == {"event": "request_started", "request": "GET /sign-in/?token=…", "code": 200}
