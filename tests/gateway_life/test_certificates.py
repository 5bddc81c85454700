"""Certificates of several workers are replaced under load; what is broken is refused in each of them."""

import trustme

from tests.gateway_tls.worlds import Caller, Mount, crowd_of, pems, serial_of
from tests.peers.raw import reply, replying, until
from tests.peers.served import At, ask, get

ROUND = 20
"""New connections that see the same certificate, when none of the two workers has another."""


def test_every_worker_takes_them_up(serve, tmp_path, port):
    """All workers come to show the new certificate, no call fails, and a broken pair is told for each."""
    authority = trustme.CA()
    mount, caller = Mount(tmp_path), Caller(authority)
    mount.turn_to(authority.issue_cert("127.0.0.1"))
    files = [word for name, path in mount.options.items() for word in (f"--{name.replace('_', '-')}", path)]
    with replying(reply()) as upstream:
        words = ("--upstream", upstream.origin, "--workers", "2", "--admin", f"127.0.0.1:{port}", "--drain", "2")
        running = serve(*words, *files)
        served = running.calls()
        fresh = authority.issue_cert("127.0.0.1")
        with crowd_of(caller, served, 2) as got:
            mount.turn_to(fresh)
            running.logged("new files of the listener are used from now on")
            running.logged("new files of the listener are used from now on")
            assert {caller.sees(served) for _ in range(ROUND)} == {serial_of(fresh)}
            mount.turn(crt=pems(authority.issue_cert("127.0.0.1"))[0], key=pems(fresh)[1])
            running.logged(r"refused, the last good ones stay: tls_cert: \S+tls.crt and ")
            refused = b'atlas_shim_certificates_refused{side="listener"} 2.0'
            until(lambda: refused in ask(At(f"http://127.0.0.1:{port}"), get("/metrics"))[1], "both refuse")
            assert {caller.sees(served) for _ in range(ROUND)} == {serial_of(fresh)}
        assert len(got) > ROUND
        assert set(got) == {200}


def test_files_of_no_use_are_told_once(serve):
    """With workers, too, the start ends with one line, that names the option, and with exit code 2."""
    running = serve("--workers", "2", "--admin", "off", "--tls-cert", "/none.pem")
    running.logged("--tls-cert: /none.pem: No such file")
    assert running.process.wait(10) == 2
    assert sum("none.pem" in line for line in running.seen) == 1
