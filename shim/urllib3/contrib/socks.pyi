from urllib3.contrib.socks import *  # noqa: F403 - as urllib3 has it, see ../__init__.py
