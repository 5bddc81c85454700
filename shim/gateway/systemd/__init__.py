"""What a service manager hands to the gateway, and what it wants to hear from it.

``sockets`` are those that systemd listens on for the gateway; ``manager`` is told what the gateway is at. Without
systemd there are none, and nobody listens: the same code runs, and does nothing.
"""
