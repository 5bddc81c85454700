"""A configuration of Envoy: routes decide, and two clusters send."""

from __future__ import annotations

from shim.errors import SettingsError
from shim.front.calls import READS, Group
from shim.front.plan import KEEP_ATLAS, KEEP_GATEWAY, ROOTS, Plan, Replica, first_lines, is_address
from shim.gateway.options import Address

_TYPES = "type.googleapis.com/envoy.extensions"


def write(plan: Plan) -> str:
    """Return the whole bootstrap configuration, in YAML; raises SettingsError for checks of a host by another name."""
    needs = "Envoy 1.36 or later; try it with envoy --mode validate -c FILE.yaml"
    return "".join((first_lines(plan, needs), _listener(plan), _routes(plan), _FILTERS, _clusters(plan)))


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" if line else "\n" for line in text.splitlines())


def _at(address: Address) -> str:
    return f"socket_address: {{ address: '{address.host}', port_value: {address.port} }}"


def _listener(plan: Plan) -> str:
    tls = f"""transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    "@type": {_TYPES}.transport_sockets.tls.v3.DownstreamTlsContext
    common_tls_context:
      alpn_protocols: [h2, http/1.1]
      tls_certificates:
      - certificate_chain: {{ filename: '{plan.tls_cert}' }}
        private_key: {{ filename: '{plan.tls_key}' }}
"""
    return f"""
# The expressions are made from documents, not by strangers; Envoy's own limit is for those.
layered_runtime:
  layers:
  - name: atlas_shim
    static_layer: {{ re2.max_program_size.error_level: 10000, re2.max_program_size.warn_level: 10000 }}

static_resources:
  listeners:
  - name: atlas_shim
    address: {{ {_at(plan.listen)} }}
    filter_chains:
    - {_indented(tls, 6).lstrip() if plan.tls_cert else ""}{"      " if plan.tls_cert else ""}filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: atlas_shim
          # What comes in goes out: targets stay as they were written, and no field is added but where it says so.
          normalize_path: false
          merge_slashes: false
          path_with_escaped_slashes_action: KEEP_UNCHANGED
          generate_request_id: false
          preserve_external_request_id: true
          skip_xff_append: true
          server_header_transformation: PASS_THROUGH
          http_protocol_options:
            accept_http_10: true
            # The request is answered, as RFC 9110 (7.8) allows.
            ignore_http_11_upgrade: [{{ safe_regex: {{ regex: '.*' }} }}]
          request_headers_timeout: {plan.head}s
          stream_idle_timeout: {plan.gateway_idle}s
          common_http_protocol_options: {{ idle_timeout: {plan.kept}s }}
          route_config:
            name: atlas_shim
            virtual_hosts:
            - name: atlas_shim
              domains: ['*']
              # A read that met a broken connection is sent once more, to another gateway where there is one.
              retry_policy:
                retry_on: connect-failure,reset
                num_retries: 1
                # Each attempt is a throw of dice: so many that the broken one is not chosen again.
                host_selection_retry_max_attempts: 50
                retry_host_predicate:
                - name: envoy.retry_host_predicates.previous_hosts
                  typed_config:
                    "@type": {_TYPES}.retry.host.previous_hosts.v3.PreviousHostsPredicate
              # The first route that matches is taken. Those with "invert_match" want no version, or not another one
              # than the legacy one. Those with a "retry_policy" of their own are for writes, which are never sent
              # again.
              routes:
"""


def _routes(plan: Plan) -> str:
    forwarded = """
  request_headers_to_add:
  - header: { key: x-forwarded-for, value: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%' }
    append_action: APPEND_IF_EXISTS_OR_ADD"""
    routes = []
    for group in plan.groups:
        for rule in group.rules:
            match = _match(rule.method, f"safe_regex: {{ regex: '{rule.path}' }}", group)
            routes.append(
                _route(match, "gateway", f"idle_timeout: {plan.gateway_idle}s", is_read=rule.is_read) + forwarded
            )
    straight = f"idle_timeout: {plan.idle}s\n    host_rewrite_literal: '{plan.upstream.authority}'"
    remove = "\n  request_headers_to_remove: [x-forwarded-proto]"
    routes.append(_route(_match("|".join(READS), "prefix: '/'"), "atlas", straight, is_read=True) + remove)
    routes.append(_route("    prefix: '/'", "atlas", straight, is_read=False) + remove)
    return _indented("\n".join(routes), 14)


def _match(methods: str, path: str, group: Group | None = None) -> str:
    lines = [
        f"    {path}",
        "    headers:",
        f"    - {{ name: ':method', string_match: {{ safe_regex: {{ regex: '{methods}' }} }} }}",
    ]
    if group is not None and group.another:
        lines += [
            "    - name: accept",
            f"      string_match: {{ safe_regex: {{ regex: '(?i){group.another}' }} }}",
            "      invert_match: true",
            "      treat_missing_header_as_empty: true",
        ]
    return "\n".join(lines)


def _route(match: str, cluster: str, more: str, *, is_read: bool) -> str:
    return f"""- match:
{match}
  route:
    cluster: atlas_shim_{cluster}
    timeout: 0s
    {more}{"" if is_read else chr(10) + "    retry_policy: { num_retries: 0 }"}"""


_FILTERS = f"""          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": {_TYPES}.filters.http.router.v3.Router
              suppress_envoy_headers: true
  clusters:
"""


def _clusters(plan: Plan) -> str:
    upstream = plan.upstream
    checks = """
  health_checks:
  - timeout: 2s
    interval: 2s
    no_traffic_interval: 2s
    unhealthy_threshold: 2
    healthy_threshold: 1
    http_health_check: { path: /readyz, host: localhost }"""
    asked = any(replica.admin is not None for replica in plan.replicas)
    gateway = _cluster(
        "gateway", plan, KEEP_GATEWAY, [_endpoint(replica) for replica in plan.replicas], checks if asked else ""
    )
    tls = ""
    if upstream.tls:
        kind = "IP_ADDRESS" if is_address(upstream.host) else "DNS"
        sni = "" if is_address(upstream.host) else f"\n      sni: '{upstream.host}'"
        tls = f"""
  transport_socket:
    name: envoy.transport_sockets.tls
    typed_config:
      "@type": {_TYPES}.transport_sockets.tls.v3.UpstreamTlsContext{sni}
      common_tls_context:
        validation_context:
          trusted_ca: {{ filename: '{plan.ca_file or ROOTS}' }}
          match_typed_subject_alt_names:
          - {{ san_type: {kind}, matcher: {{ exact: '{upstream.host}' }} }}"""
    atlas = _cluster("atlas", plan, KEEP_ATLAS, [_endpoint(Replica(upstream.address, None))], tls)
    return _indented(f"{gateway}\n{atlas}", 2)


def _endpoint(replica: Replica) -> str:
    check, admin = "", replica.admin
    if admin is not None:
        if admin.host == replica.calls.host:
            where = f"port_value: {admin.port}"
        elif is_address(admin.host):
            where = f"address: {{ {_at(admin)} }}"
        else:
            raise SettingsError("--admin: envoy checks the gateway's own host, or one that is given by its IP address")
        check = f"\n          health_check_config: {{ {where} }}"
    return f"""      - endpoint:
          address: {{ {_at(replica.calls)} }}{check}"""


def _cluster(name: str, plan: Plan, keep: int, endpoints: list[str], more: str) -> str:
    lines = "\n".join(endpoints)
    return f"""- name: atlas_shim_{name}
  # Names are asked again as long as this runs; addresses stay what they are.
  type: STRICT_DNS
  dns_lookup_family: ALL
  connect_timeout: {plan.connect}s
  lb_policy: LEAST_REQUEST
  # Where no replica is healthy none is asked.
  common_lb_config: {{ healthy_panic_threshold: {{ value: 0 }} }}
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": {_TYPES}.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: {{ http_protocol_options: {{}} }}
      common_http_protocol_options: {{ idle_timeout: {keep}s }}
  load_assignment:
    cluster_name: atlas_shim_{name}
    endpoints:
    - lb_endpoints:
{lines}{more}"""
