"""Certificates of several workers are replaced under load; what is broken is refused in each of them."""

import trustme

from tests.gateway_tls.worlds import Caller, Mount, crowd_of, pems, serial_of
from tests.peers.raw import reply, replying, until

ROUND = 12
"""New connections that see the same certificate, when none of the two workers has another."""


def test_every_worker_takes_them_up(serve, tmp_path):
    """All workers come to show the new certificate, no call fails, and a broken pair is told by each, once."""
    authority = trustme.CA()
    mount, caller = Mount(tmp_path), Caller(authority)
    mount.turn_to(authority.issue_cert("127.0.0.1"))
    files = [word for name, path in mount.options.items() for word in (f"--{name.replace('_', '-')}", path)]
    with replying(reply()) as upstream:
        words = ("--upstream", upstream.origin, "--workers", "2", "--admin", "off", "--access-log", "off")
        running = serve(*words, *files)
        served = running.calls()
        workers: set[str] = set()
        with crowd_of(caller, served, 2) as got:
            while len(workers) < 2:  # the first of them takes calls while the other one still starts
                fresh = authority.issue_cert("127.0.0.1")
                mount.turn_to(fresh)
                workers.add(running.logged(r"\[(\d+)\]: new files of the listener are used from now on")[1])
            until(lambda: {caller.sees(served) for _ in range(ROUND)} == {serial_of(fresh)}, "the last certificate")
            mount.turn(crt=pems(authority.issue_cert("127.0.0.1"))[0], key=pems(fresh)[1])
            refused = r"\[(\d+)\]: new files of the listener are refused, the last good ones stay: tls_cert: "
            assert {running.logged(refused)[1] for _ in range(2)} == workers
            assert {caller.sees(served) for _ in range(ROUND)} == {serial_of(fresh)}
        assert got
        assert set(got) == {200}


def test_files_of_no_use_are_told_once(serve):
    """With workers, too, the start ends with one line, that names the option, and with exit code 2."""
    running = serve("--workers", "2", "--admin", "off", "--tls-cert", "/none.pem")
    running.logged("--tls-cert: /none.pem: No such file")
    assert running.process.wait(10) == 2
    assert sum("none.pem" in line for line in running.seen) == 1
