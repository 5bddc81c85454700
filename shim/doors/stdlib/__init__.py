"""The standard library's HTTP: ``urllib.request`` is served (``opener``), bare ``http.client`` told (``client``).

There is nothing to import in their place: the drop-in is switched on for the process, or it is not.
"""
