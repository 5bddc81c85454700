from requests.models import *  # noqa: F403 - what a type checker sees
