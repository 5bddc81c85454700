"""What a call in Go, JavaScript, TypeScript, Java or C# is: an HTTP call, a text's making, or only talk."""

from __future__ import annotations

import re

from shim.scan.methods import QUIET_KEYWORDS, SAYING, said, words_of

QUIET = frozenset(name.casefold() for name in SAYING | QUIET_KEYWORDS) | frozenset({
    # what tests say
    "describe", "it", "test", "tobe", "toequal", "tostrictequal", "tocontain", "tomatch", "tohaveproperty",
    "tomatchobject", "tohavebeencalledwith", "tohavebeenlastcalledwith", "tohavebeennthcalledwith", "equal", "equals",
    "notequal", "areequal", "assertequals", "assertthat", "isequalto", "contains", "containsstring", "doesnotcontain",
    "be", "regexp", "should", "deepequal", "strictequal", "includes", "jsoneq", "shouldbe", "equalto",
    "equalignorecase",
    # what stands for a server in them
    "registerresponder", "reply", "intercept", "urlequalto", "urlpathequalto", "urlmatching", "urlpathmatching",
    "withpath", "onget", "onpost", "onpatch", "ondelete", "requestto", "given", "when", "verify", "setup", "stubfor",
    # what serves
    "handlefunc", "handle", "pathprefix", "mapget", "mappost", "mappatch", "mapdelete", "usepath", "requestmatchers",
    "antmatchers", "addroute", "maproute", "route", "redirect", "navigate", "expect", "registerpath",
    # what is said or looked for
    "printf", "println", "fprintln", "errorf", "fatalf", "fatal", "panicf", "logf", "infof", "debugf", "warnf",
    "tracef",
    "infow", "errorw", "loginformation", "logerror", "logwarning", "logdebug", "writeline", "trace", "warn", "panic",
    "hasprefix", "hassuffix", "startswith", "endswith", "equalfold", "indexof", "lastindexof", "mustcompile", "matches",
    "matchstring", "ismatch", "skip", "skipf", "describeas", "tohaveurl", "href",
})  # fmt: skip
"""Calls, and keys of an object, that only talk about the texts that they are given, or serve them; in small letters."""
MOCKING = frozenset({"verify", "when", "given", "setup", "spyon", "mocked", "perform"})
"""Calls in whose arguments a client's method is named, not called; in small letters."""
MOCKING_RECEIVERS = frozenset({"expect", "verify", "received", "doreturn", "dothrow", "when", "should", "then"})
"""Calls on whose result a client's method is named, not called."""
MOCKS = re.compile(
    r"msw|nock|supertest|sinon|fetch-mock|axios-mock-adapter|gock|httpmock|pretender|miragejs|wiremock|pactum"
)
"""Modules that answer in a server's place."""
_ROUTERS = frozenset({"app", "router", "route", "routes", "server", "fastify", "mux", "engine", "echo", "gin", "koa"})
SHOWING = frozenset({"push", "replace", "prefetch"})
"""Methods of a router in a browser, whose paths are those of pages."""
_PAGES = frozenset({"router", "history", "navigation", "location"})
_SHORT = frozenset({"r", "e", "g", "rg", "v1", "v2"})

FILES = frozenset({
    "open", "openfile", "readfile", "readfilesync", "writefile", "writefilesync", "existssync", "mkdirall", "stat",
    "readdir", "glob", "require", "file", "fileinputstream", "readalltext", "readalllines", "exists", "mkdir", "remove",
})  # fmt: skip
"""Functions whose paths are those of files, unless they are told an HTTP method; in small letters."""
HTTP = frozenset({
    "fetch", "request", "exchange", "ajax", "axios", "got", "ky", "superagent", "newrequest", "newrequestwithcontext",
    "restrequest", "httprequestmessage", "httprequest", "execute", "send", "sendasync", "do", "call", "callapi",
    "invokeapi", "dorequest", "api", "makerequest", "apirequest", "$fetch", "ofetch", "needle", "createrequest",
    "retrieve",
})  # fmt: skip
"""Calls that are HTTP calls, in small letters."""
READS = frozenset({"fetch", "axios", "got", "ky", "$fetch", "ofetch", "superagent", "ajax", "openstream", "request"})
"""Those of them that are a GET unless they are told another method."""

FIRST = frozenset({
    "create", "parse", "url", "uri", "string", "valueof", "fromhttpurl", "fromuristring", "fromuri", "frompath",
    "encodeuri", "encodeuricomponent", "pathescape", "queryescape", "encode", "escapedatastring", "newrequest",
    "newrequestwithcontext", "httpget", "httppost", "httpput", "httppatch", "httpdelete", "restrequest",
    "restclient", "setbaseurl", "baseurl", "clean",
    "trimsuffix", "trimprefix", "trimright", "trimleft", "mustparse", "urlbuilder", "uribuilder", "stringbuilder",
    "httprequestmessage", "quote", "notnull", "request", "requirenonnull", "sprint", "fromstring", "getenv",
    "newbuilder",
    "newbufferstring", "of", "target", "resource", "freeze", "httprequest", "webclient", "escape", "urlencode", "build",
    "newurl", "fromurl", "httpmethod", "addquerystring", "replaceall", "replace", "string.raw", "must",
})  # fmt: skip
"""Functions that give the text of their first argument."""
SELF = frozenset({
    "tostring", "string", "trim", "build", "replace", "replaceall", "touri", "uri", "tourl", "trimend", "trimstart",
    "openconnection", "buildandexpand", "expand", "touristring", "tolowercase", "href", "resolvetemplate", "encode",
    "resolvetemplates", "strip", "toabsolutepath", "absoluteuri", "toasciistring", "request", "value", "build_",
    "header",
    "pathname", "addurlsegment", "addheader", "addparameter", "addjsonbody",
    "setpathparam", "setpathparams", "routeparam", "setheader", "queryparam", "setqueryparam", "addqueryparameter",
    "setqueryparams", "newbuilder", "accept", "clone",
})  # fmt: skip
"""Methods that give the text that they are called on."""
JOINS = frozenset({
    "joinpath", "resolve", "appendpathsegment", "appendpathsegments", "addpathsegment", "addpathsegments",
    "pathsegment",
    "path", "urljoin", "resolvereference", "combine", "addpath", "pathsegments", "appendpath", "setpathsegments",
    "setpath",
})  # fmt: skip
"""Functions and methods that put a slash between texts."""
FORMATS = frozenset({"sprintf", "format", "formatted", "vsprintf", "messageformat"})
CONCATS = frozenset({"concat", "append", "writestring", "appendformat"})
MAKERS = FIRST | SELF | JOINS | FORMATS | CONCATS | {"join"}
"""Functions that make a text of others."""
BASES = frozenset({"baseurl", "prefixurl", "baseaddress", "baseuri", "rooturl"})
"""What a client keeps its base URL in, in small letters."""
CALLS_BY_MARK = re.compile(r"(?i)(GET|POST|PUT|PATCH|DELETE|HEAD)(Exchange)?|HTTP|RequestLine|HttpExchange")
"""Annotations of interfaces that are clients: Retrofit, Feign, Spring, Refit."""
MAPPINGS = re.compile(r"(?:(Get|Post|Put|Patch|Delete)|Request)Mapping")
"""Annotations of servers, and of clients in an interface that is marked as one."""


def is_said(name: str) -> bool:
    """Tell whether what stands under a name is only said or expected: ``example``, ``want``, ``expectedUrl``."""
    folded = name.casefold()
    return folded in QUIET or folded.startswith(("expected", "want"))


def method_said(text: str) -> str | None:
    """Return the HTTP method that a constant or a text names: ``"GET"``, ``MethodPost``, ``Post``."""
    text = text.rpartition(".")[2].removeprefix("Method")
    return said(text.upper()) if text.isalpha() and not (text[1:].isupper() and text[:1].islower()) else None


def is_page(receiver: str) -> bool:
    """Tell whether a name is that of a browser's router."""
    return not _PAGES.isdisjoint(words_of(receiver))


def is_route(receiver: str, arguments: int, address: str) -> bool:
    """Tell whether a call such as ``app.get(path, handler)`` serves a path, instead of calling it."""
    words = words_of(receiver)
    serves = not _ROUTERS.isdisjoint(words) or receiver in _SHORT
    return serves and (arguments > 1 or "/:" in address.replace("://", ""))
