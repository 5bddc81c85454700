"""Certificates: whom the gateway shows them to, whose it believes, and how new files are taken up while it runs.

``versions`` and ``contexts`` make of options what TLS is spoken with, towards callers and towards upstream;
``rotation`` looks at the files and makes it anew; ``expiry`` reads from a certificate until when it is good.
``handshakes`` says in the log why a handshake failed; ``names`` reads whose a certificate is.
"""
