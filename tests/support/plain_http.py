"""For calls without TLS, which all between the processes of a test are: reading the world's certificates takes 25 ms, for each client."""

import ssl

TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
