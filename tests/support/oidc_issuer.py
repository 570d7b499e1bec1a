"""A real OpenID Connect issuer on a socket: its person has agreed already, so that the browser comes back at once."""

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID, CLIENT_SECRET = "dashboard", "canary-client-secret"


@dataclass
class Issuer:
    """Its one person can be changed; what it was asked is kept."""

    port: int
    person: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    challenges: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def authorize(self, query: dict[str, list[str]]) -> str:
        """Where the browser goes back to."""
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = query["code_challenge"][0]
        return f"{query['redirect_uri'][0]}?{urlencode({'code': code, 'state': query['state'][0]})}"

    def token(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        """Nothing for a code that was not given, a wrong secret, or another client's verifier."""
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        kept = self.challenges.pop(form["code"][0], None)
        if kept != urlsafe_b64encode(digest).decode().rstrip("=") or form["client_secret"] != [CLIENT_SECRET]:
            return None
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": time.time(), "exp": time.time() + 60} | self.person
        return {
            "access_token": "canary-access-token",
            "token_type": "Bearer",
            "id_token": jwt.encode(claims, "k" * 32, algorithm="HS256"),
        }


def handler_of(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            issuer.asked.append(address.path)
            if address.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", issuer.authorize(parse_qs(address.query)))
                self.end_headers()
            else:
                self.answer(issuer.person if address.path == "/userinfo" else issuer.configuration())

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            answer = issuer.token(form)
            self.answer(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        def answer(self, content: dict[str, Any], status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
            pass

    return Handler


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer(0)
    with HTTPServer(("127.0.0.1", 0), handler_of(issuer)) as server:
        issuer.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield issuer
        server.shutdown()
