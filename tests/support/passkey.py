"""A passkey without a device: answers the questions that a browser would pass on to one."""

import hashlib
import os
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

ORIGIN = "http://testserver"
Options = Mapping[str, Any]


class Passkey:
    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.user = ""

    def made(self, options: Options) -> dict[str, object]:
        """What a browser sends after making it."""
        asked = options["publicKey"]
        self.user = asked["user"]["id"]
        key = ES256.from_cryptography_key(self.private.public_key())  # type: ignore[no-untyped-call]  # untyped in the library
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, key)
        data = AuthenticatorData.create(self.rp(asked["rp"]["id"]), flags, 0, credential)
        seen = CollectedClientData.create("webauthn.create", asked["challenge"], ORIGIN)
        attested = AttestationObject.create("none", data, {})
        return self.answer(clientDataJSON=seen, attestationObject=attested)

    def used(self, options: Options) -> dict[str, object]:
        """What a browser sends after asking for it."""
        asked = options["publicKey"]
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
        data = AuthenticatorData.create(self.rp(asked["rpId"]), flags, 1)
        seen = CollectedClientData.create("webauthn.get", asked["challenge"], ORIGIN)
        signature = self.private.sign(data + seen.hash, ec.ECDSA(hashes.SHA256()))
        return self.answer(clientDataJSON=seen, authenticatorData=data, signature=signature) | {"authenticatorAttachment": None}

    @staticmethod
    def rp(name: str) -> bytes:
        return hashlib.sha256(name.encode()).digest()

    def answer(self, **parts: bytes) -> dict[str, object]:
        id_ = websafe_encode(self.id)
        response = {name: websafe_encode(part) for name, part in parts.items()} | {"userHandle": self.user}
        return {"id": id_, "rawId": id_, "type": "public-key", "response": response, "clientExtensionResults": {}}
