from urllib3.util.ssl_match_hostname import *  # noqa: F403 - the very module, see ../__init__.py
