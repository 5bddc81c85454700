"""A configuration of nginx: maps decide, and four named locations send."""

from __future__ import annotations

from shim.front.calls import READS, Group
from shim.front.plan import KEEP_ATLAS, KEEP_GATEWAY, ROOTS, Plan, first_lines, is_address


def write(plan: Plan) -> str:
    """Return the whole nginx.conf."""
    notes = (
        "nginx has no active health checks (its commercial edition has): a gateway that fails three calls",
        "is left out for five seconds. It asks DNS once, when it starts or reloads.",
    )
    return "".join(
        (
            first_lines(plan, "nginx 1.23 or later, with PCRE2; try it with nginx -t", *notes),
            _MAIN,
            _decisions(plan),
            _upstreams(plan),
            _server(plan),
            "}\n",
        )
    )


_MAIN = """
worker_processes auto;
worker_rlimit_nofile 16384;
pcre_jit on;

events {
    worker_connections 4096;
}

http {
    access_log off;  # or where you want it
    server_tokens off;

"""


def _decisions(plan: Plan) -> str:
    groups = "".join(_group(number, group) for number, group in enumerate(plan.groups, 1))
    digits = " ".join(
        f"${{atlas_shim_call_{number}}}" + (f"$atlas_shim_legacy_{number}" if group.another else "1")
        for number, group in enumerate(plan.groups, 1)
    )
    reads = "|".join(READS)
    return f"""{groups}    # Digits behind the method: is it one of these calls, and may its version be the legacy one?
    map "$request_method {digits}" $atlas_shim_way {{
        default @atlas_write;
        "~^(?:{reads}) .*11" @gateway_read;
        "~^[^ ]+ .*11" @gateway_write;
        "~^(?:{reads}) " @atlas_read;
    }}

    map $atlas_shim_way $atlas_shim_host {{
        default      "{plan.upstream.authority}";
        "~^@gateway" $http_host;
    }}

    # The gateway learns who called; what goes straight on keeps the field as it came.
    map $atlas_shim_way $atlas_shim_forwarded {{
        default      $http_x_forwarded_for;
        "~^@gateway" $proxy_add_x_forwarded_for;
    }}

"""


def _group(number: int, group: Group) -> str:
    lines = [f'    map "$request_method $request_uri" $atlas_shim_call_{number} {{', "        default 0;"]
    lines += [rf'        "~^{rule.method} {rule.path}(?:\?|$)" 1;' for rule in group.rules]
    lines += ["    }", ""]
    if group.another:
        lines += [
            f"    map $http_accept $atlas_shim_legacy_{number} {{",
            "        default 1;",
            f'        "~*^{group.another}$" 0;',
            "    }",
            "",
        ]
    return "\n".join(lines) + "\n"


def _upstreams(plan: Plan) -> str:
    # One that failed three times in five seconds is left out for as long; one that is alone never is.
    gateways = "".join(
        f"        server {replica.calls.authority} max_fails=3 fail_timeout=5s;\n" for replica in plan.replicas
    )
    upstream = plan.upstream
    renew = f"""        # nginx 1.27.3 or later follows the name's changes, with these three in place of the line above:
        # zone atlas_shim_atlas 64k;
        # resolver ADDRESS_OF_YOUR_DNS_SERVER valid=30s;
        # server {upstream.address.authority} max_fails=0 resolve;
        # Older ones need a reload, from time to time: nginx -s reload
"""
    return f"""    upstream atlas_shim_gateway {{
{gateways}        keepalive 64;
        keepalive_timeout {KEEP_GATEWAY}s;
    }}

    upstream atlas_shim_atlas {{
        server {upstream.address.authority} max_fails=0;
{"" if is_address(upstream.host) else renew}        keepalive 64;
        keepalive_timeout {KEEP_ATLAS}s;
    }}

"""


def _server(plan: Plan) -> str:
    upstream = plan.upstream
    verify = f"""
        proxy_ssl_server_name on;
        proxy_ssl_name {upstream.host};
        proxy_ssl_verify on;
        proxy_ssl_verify_depth 4;
        proxy_ssl_trusted_certificate "{plan.ca_file or ROOTS}";
        proxy_ssl_protocols TLSv1.2 TLSv1.3;
"""
    own = f"""
        ssl_certificate "{plan.tls_cert}";
        ssl_certificate_key "{plan.tls_key}";
        ssl_protocols TLSv1.2 TLSv1.3;
"""
    listen = f"{plan.listen.authority}{' ssl' if plan.tls_cert else ''}"
    atlas, wait = ("https" if upstream.tls else "http") + "://atlas_shim_atlas", f"{plan.gateway_idle}s"
    return f"""    server {{
        listen {listen};
{own if plan.tls_cert else ""}
        client_header_timeout {plan.head}s;
        keepalive_timeout {plan.kept}s;
        client_max_body_size 0;
        underscores_in_headers on;

        # Content streams both ways: nothing is kept in files, and nothing waits for a buffer to fill.
        proxy_request_buffering off;
        proxy_buffering off;
        proxy_buffer_size 32k;
        proxy_buffers 4 32k;

        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $atlas_shim_host;
        proxy_set_header X-Forwarded-For $atlas_shim_forwarded;
        proxy_pass_header Server;
        proxy_pass_header Date;
        proxy_ignore_headers X-Accel-Redirect X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
        proxy_redirect off;
        proxy_connect_timeout {plan.connect}s;
        proxy_send_timeout {plan.idle}s;
        proxy_read_timeout {plan.idle}s;
{verify if upstream.tls else ""}
        # A read that met a broken connection is sent once more; nginx can't tell whether a write was sent, so
        # a write never is.
        proxy_next_upstream off;
        proxy_next_upstream_tries 2;
        proxy_next_upstream_timeout {plan.connect + 5}s;

        # Not an error: the way in nginx to choose a named location, which leaves method, target and content alone.
        location / {{
            error_page 418 = $atlas_shim_way;
            return 418;
        }}
        location @gateway_read {{
            proxy_next_upstream error timeout;
            proxy_read_timeout {wait};
            proxy_pass http://atlas_shim_gateway;
        }}
        location @gateway_write {{
            proxy_read_timeout {wait};
            proxy_pass http://atlas_shim_gateway;
        }}
        location @atlas_read {{
            proxy_next_upstream error timeout;
            proxy_pass {atlas};
        }}
        location @atlas_write {{
            proxy_pass {atlas};
        }}
    }}
"""
