"""What a gateway shows to people: counts kept for an hour, the facts made of them, and the page.

``counts`` is what each call is counted in, ``told`` what a process says of it, and adds up for several; ``status``
is the shape of ``/status.json``, which ``facts`` fills in and ``html`` shows; ``silence`` is the sentence on whether
the shim can go, and ``written`` what the inventory knows about that.
"""
