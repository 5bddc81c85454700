from urllib3.connectionpool import *  # noqa: F403 - what a type checker sees
from urllib3.connectionpool import connection_from_url as connection_from_url
