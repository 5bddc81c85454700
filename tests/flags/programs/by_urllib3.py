"""One call by urllib3."""

import json
import sys

import urllib3

method, url, data, headers = json.loads(sys.argv[1])
print(urllib3.PoolManager().request(method, url, body=data, headers=headers).status)
