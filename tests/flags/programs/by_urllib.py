"""One call by the standard library."""

import json
import sys
import urllib.error
import urllib.request

method, url, data, headers = json.loads(sys.argv[1])
request = urllib.request.Request(url, data and data.encode(), headers, method=method)
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.status)
