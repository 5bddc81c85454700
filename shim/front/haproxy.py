"""A configuration of HAProxy: access lists decide, and two backends send."""

from __future__ import annotations

from collections.abc import Iterator

from shim.front.calls import Group
from shim.front.plan import Plan, Replica, first_lines, is_address


def write(plan: Plan) -> str:
    """Return the whole haproxy.cfg."""
    crt_store = plan.tls_cert is not None and plan.tls_key != plan.tls_cert
    needs = f"HAProxy {'3.0' if crt_store else '2.6'} or later, with PCRE2; try it with haproxy -c -f FILE"
    store = f"""
crt-store atlas_shim
    load crt '{plan.tls_cert}' key '{plan.tls_key}' alias front
"""
    return "".join(
        (
            first_lines(plan, needs),
            store if crt_store else "",
            _defaults(plan),
            _frontend(plan, "@atlas_shim/front" if crt_store else f"'{plan.tls_cert}'"),
            _gateway(plan),
            _atlas(plan),
        )
    )


def _defaults(plan: Plan) -> str:
    resolvers = """
# Names are asked again as long as this runs, of the name servers in /etc/resolv.conf; while these know no answer,
# the last one is good for a day. Of a name that only /etc/hosts has, give the address.
resolvers atlas_shim
    parse-resolv-conf
    hold valid 30s
    hold nx 1d
    hold timeout 1d
    hold refused 1d
    hold other 1d
"""
    names = (plan.upstream.host, *(replica.calls.host for replica in plan.replicas))
    return f"""
defaults
    mode http
    timeout connect {plan.connect}s
    timeout client {plan.idle}s
    timeout server {plan.idle}s
    timeout queue {plan.connect}s
    timeout http-request {plan.head}s
    timeout http-keep-alive {plan.kept}s
    timeout tunnel {plan.idle}s
    # Only where no connection came about, so nothing was sent: no call is ever sent twice, read or write.
    retries 2
    retry-on conn-failure
    option redispatch 1
{"" if all(map(is_address, names)) else resolvers}"""


def _frontend(plan: Plan, certificate: str) -> str:
    tls = f" ssl crt {certificate} ssl-min-ver TLSv1.2 alpn http/1.1" if plan.tls_cert else ""
    numbered = list(enumerate(plan.groups, 1))
    lines = [line for number, group in numbered for line in _calls(number, group)]
    lines += [line for number, group in numbered for line in _ways(number, group)]
    return f"""
frontend atlas_shim
    bind {plan.listen.authority}{tls}
    http-request set-var(txn.path) path
    http-request set-var(txn.call) method,concat(' ',txn.path)
{"".join(f"    {line}{chr(10)}" for line in lines)}    default_backend atlas_shim_atlas
"""


def _calls(number: int, group: Group) -> Iterator[str]:
    for rule in group.rules:
        yield f"acl atlas_shim_call_{number} var(txn.call) -m reg '^{rule.method} {rule.path}$'"
    yield f"http-request set-var(txn.call_{number}) bool(true) if atlas_shim_call_{number}"


def _ways(number: int, group: Group) -> Iterator[str]:
    way = f"use_backend atlas_shim_gateway if {{ var(txn.call_{number}) -m found }}"
    if group.another:
        yield "# Straight on goes another version than the legacy one, said by one Accept field alone:"
        yield f"acl atlas_shim_another_{number} req.fhdr(accept) -m reg -i '^{group.another}$'"
        yield f"{way} !atlas_shim_another_{number}"
        yield f"{way} !{{ req.fhdr_cnt(accept) eq 1 }}"
    else:
        yield way


def _gateway(plan: Plan) -> str:
    servers = "".join(
        f"    server gateway{number} {_server(plan, replica)}\n" for number, replica in enumerate(plan.replicas, 1)
    )
    checks = """    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    default-server inter 2s fall 2 rise 1
"""
    return f"""
backend atlas_shim_gateway
    balance leastconn
    # It waits a little longer than the gateway, which says so in Atlas' shape when Atlas is silent.
    timeout server {plan.gateway_idle}s
{"    option forwardfor" + chr(10) if plan.forwarded else ""}{checks if _asked(plan) else ""}{servers}"""


def _asked(plan: Plan) -> bool:
    return any(replica.admin is not None for replica in plan.replicas)


def _server(plan: Plan, replica: Replica) -> str:
    words = [replica.calls.authority]
    if replica.admin is not None:
        # A check on a port of its own is sent without the PROXY protocol, as the admin listener wants it.
        host = f"[{replica.admin.host}]" if ":" in replica.admin.host else replica.admin.host
        elsewhere = "" if replica.admin.host == replica.calls.host else f" addr {host}"
        words.append(f"check{elsewhere} port {replica.admin.port}")
    if not plan.forwarded:
        # Each connection is one caller's; without a pool for others' idle ones HAProxy would close it after each call.
        words.append("send-proxy-v2 pool-low-conn 256")
    return " ".join((*words, *_named(replica.calls.host)))


def _named(host: str) -> tuple[str, ...]:
    return () if is_address(host) else ("resolvers atlas_shim resolve-prefer ipv4 init-addr last,libc,none",)


def _atlas(plan: Plan) -> str:
    upstream = plan.upstream
    words = [upstream.address.authority, *_named(upstream.host)]
    if upstream.tls:
        roots = f"'{plan.ca_file}'" if plan.ca_file else "@system-ca"
        words.append(f"ssl verify required ca-file {roots} verifyhost {upstream.host} ssl-min-ver TLSv1.2")
        if not is_address(upstream.host):
            words.append(f"sni str({upstream.host})")
    return f"""
backend atlas_shim_atlas
    http-request set-header Host {upstream.authority}
    server atlas {" ".join(words)}
"""
