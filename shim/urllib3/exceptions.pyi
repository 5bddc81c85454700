from urllib3.exceptions import *  # noqa: F403 - the very module, see __init__.py
