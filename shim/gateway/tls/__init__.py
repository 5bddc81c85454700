"""Certificates: whom the gateway shows them to, whose it believes, and how new files are taken up while it runs.

``contexts`` makes of options what TLS is spoken with, towards callers and towards upstream, and says in the log whose
a certificate is and why a handshake failed; ``certificates`` makes it anew when files change; ``expiry`` reads from a
certificate until when it is good.
"""
