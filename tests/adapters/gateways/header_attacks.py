"""Headers that an attacker may send to a door, and what must become of them: refused, or as if they were not there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.adapters.gateways.edge import HOST, token

if TYPE_CHECKING:
    from collections.abc import Iterator

FORWARD, ENVOY, EVALUATION, OPA = "forward_auth", "envoy_http", "evaluation", "opa_data"
DOORS = (FORWARD, ENVOY, EVALUATION, OPA)
GATEWAYS, JSON_DOORS = (FORWARD, ENVOY), (EVALUATION, OPA)
KEY = "k" * 43
TARGET = "/api/v1/datasets/R/rows?fields=name,phone"
OTHER = "/api/v1/datasets/S/rows?fields=name"  # about which nobody is permitted anything
QUESTION = {
    "subject": {"type": "public_body", "id": "B"},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "R", "properties": {"fields": ["name", "phone"]}},
    "context": {"scenario": "sc-1", "purpose": "duty"},
}
REFUSED, SAME = "refused", "same"
Pair = tuple[str, str]


@dataclass(frozen=True)
class Request:
    """A request at one door that is answered with an allow, as it is before anybody touches it."""

    start: str
    headers: tuple[Pair, ...]
    body: str = ""


def honest() -> dict[str, Request]:
    """Return the request of each door."""
    called = (("Authorization", token()), ("X-Request-ID", "r-1"), ("X-Data-Scenario", "sc-1"),
              ("X-Data-Purpose", "duty"), ("X-Gateway-Token", KEY), ("X-Forwarded-Proto", "https"),
              ("X-Forwarded-For", "10.1.2.3"))  # fmt: skip
    told = (("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", TARGET), ("X-Forwarded-Host", HOST))
    asked, put = json.dumps(QUESTION), json.dumps({"input": QUESTION})
    sent = (("Host", "pdp"), ("Content-Type", "application/json"), ("Authorization", f"Bearer {KEY}"),
            ("X-Request-ID", "r-1"))  # fmt: skip
    return {
        FORWARD: Request("GET /authz/forward HTTP/1.1", (("Host", "pdp"), *called, *told)),
        ENVOY: Request(f"GET /authz/envoy{TARGET} HTTP/1.1", (("Host", HOST), *called)),
        EVALUATION: Request("POST /access/v1/evaluation HTTP/1.1", (*sent, ("Content-Length", str(len(asked)))), asked),
        OPA: Request("POST /v1/data/gateway/authz HTTP/1.1", (*sent, ("Content-Length", str(len(put)))), put),
    }


@dataclass(frozen=True)
class Attack:
    """What is done to the headers of a request."""

    name: str
    expected: str  # REFUSED or SAME
    doors: tuple[str, ...] = DOORS
    add: tuple[str, ...] = ()  # lines as they stand, behind the others
    drop: tuple[str, ...] = ()  # names, in lower case
    start: str | None = None  # in place of the request line, or of its address; {method}, {target}: what it had


def _doubled() -> Iterator[Attack]:
    """Yield attacks by which a header that is read stands twice."""
    for name, doors, other in (
        ("Host", DOORS, "elsewhere.example"), ("Authorization", DOORS, "Bearer x"), ("X-Request-ID", DOORS, "r-2"),
        ("Content-Type", JSON_DOORS, "text/plain"), ("X-Gateway-Token", GATEWAYS, "x"),
        ("X-Data-Scenario", GATEWAYS, "sc-2"), ("X-Data-Purpose", GATEWAYS, "other"),
        ("X-Forwarded-Proto", GATEWAYS, "http"), ("X-Forwarded-Method", (FORWARD,), "DELETE"),
        ("X-Forwarded-Uri", (FORWARD,), OTHER), ("X-Forwarded-Host", (FORWARD,), "elsewhere.example"),
    ):  # fmt: skip
        yield Attack(f"{name} twice, another", REFUSED, doors, (f"{name}: {other}",))
        yield Attack(f"{name} twice, in capitals", REFUSED, doors, (f"{name.upper()}: {other}",))
        yield Attack(f"{name} twice, the second empty", REFUSED, doors, (f"{name}: ",))
    for name in ("X-Subject-Id", "X-Subject-Type", "X-Subject-Staff"):
        yield Attack(f"{name} twice", REFUSED, GATEWAYS, (f"{name}: A", f"{name}: B"))
        yield Attack(f"{name} joined of two", REFUSED, GATEWAYS, (f"{name}: A,B",))


def _joined() -> Iterator[Attack]:
    """Yield attacks by which a proxy on the way made one header of two."""
    for name, doors, value in (
        ("X-Gateway-Token", GATEWAYS, f"{KEY},x"), ("X-Gateway-Token", GATEWAYS, f"x, {KEY}"),
        ("Authorization", DOORS, "Bearer a, Bearer b"), ("X-Data-Scenario", GATEWAYS, "sc-1,sc-2"),
        ("X-Data-Purpose", GATEWAYS, "duty, other"), ("X-Forwarded-Method", (FORWARD,), "GET,DELETE"),
        ("X-Forwarded-Host", (FORWARD,), f"{HOST},elsewhere.example"), ("X-Forwarded-Proto", GATEWAYS, "https,http"),
        ("Host", (ENVOY,), f"{HOST},elsewhere.example"),
    ):  # fmt: skip
        yield Attack(f"{name} joined: {value[:12]}…", REFUSED, doors, (f"{name}: {value}",), (name.lower(),))


def _look_alikes() -> Iterator[Attack]:
    """Yield names that somebody on the way could take for one that is read."""
    for name, value in (
        ("X_Forwarded_Uri", OTHER), ("X_Gateway_Token", "x"), ("X-Data_Scenario", "sc-2"), ("X_Subject_Id", "A"),
        ("X_Data_Purpose", "x"), ("X_Request_Id", "r-2"), ("X_Forwarded_Host", "x"), ("X_Forwarded_Method", "DELETE"),
    ):  # fmt: skip
        yield Attack(f"{name}, with underscores", REFUSED, GATEWAYS, (f"{name}: {value}",))
    for shown, line in (
        ("a space behind the name", "X-Gateway-Token : x"), ("a tab behind the name", "X-Data-Scenario\t: sc-2"),
        ("a space in the name", "X-Gateway Token: x"), ("a control sign in the name", "X-Data-\x01Scenario: sc-2"),
        ("a NUL in the name", "X-Data-Scenario\x00: sc-2"), ("a letter beyond ASCII", "X-D\xe4ta-Scenario: sc-2"),
        ("no name", ": sc-2"), ("no colon", "X-Data-Scenario sc-2"), ("a parenthesis in the name", "X-(Data): sc-2"),
        ("a quotation mark in the name", '"X-Data-Scenario": sc-2'), ("a slash in the name", "X/Data: sc-2"),
        ("a NUL in a value", "X-Other: a\x00b"), ("a carriage return in a value", "X-Other: a\rX-Data-Scenario: sc-2"),
    ):  # fmt: skip
        yield Attack(shown, REFUSED, DOORS, (line,))
    yield Attack("a folded header", REFUSED, GATEWAYS, ("X-Data-Scenario: sc-1", " sc-2"), ("x-data-scenario",))
    yield Attack("a folded credential", REFUSED, GATEWAYS, (f"X-Gateway-Token: {KEY}", "\tx"), ("x-gateway-token",))


def _ignored() -> Iterator[Attack]:
    """Yield headers by which other products are told of an address, a method or a person: here they say nothing."""
    gateways = {
        "X-Original-URI": OTHER, "X-Original-URL": f"https://{HOST}{OTHER}", "X-Original-Method": "DELETE",
        "X-Rewrite-URL": OTHER, "X-HTTP-Method": "DELETE", "X-HTTP-Method-Override": "DELETE",
        "X-Method-Override": "DELETE", "X-Forwarded-Prefix": "/api/v1/datasets/S", "X-Forwarded-Path": OTHER,
        "X-Forwarded-Port": "1", "X-Forwarded-Server": "elsewhere.example", "X-Forwarded-Scheme": "http",
        "Forwarded": "for=127.0.0.1;host=elsewhere.example;proto=http", "X-Real-IP": "127.0.0.1",
        "True-Client-IP": "127.0.0.1", "CF-Connecting-IP": "127.0.0.1", "X-Client-IP": "127.0.0.1",
        "X-Cluster-Client-IP": "127.0.0.1", "X-Envoy-Original-Path": OTHER, "X-Envoy-Internal": "true",
        "X-Envoy-External-Address": "127.0.0.1", "X-Host": "elsewhere.example", "X-Forwarded-For": "127.0.0.1",
        "X-User": "admin", "X-User-Id": "A", "X-Username": "admin", "X-Remote-User": "admin", "Remote-User": "admin",
        "X-Auth-Request-User": "A", "X-Auth-Request-Email": "a@example", "X-Consumer-Username": "A",
        "X-Consumer-Custom-ID": "A", "X-Authenticated-Userid": "A", "X-WEBAUTH-USER": "A", "X-Groups": "admin",
        "X-Roles": "admin", "X-SSL-Client-S-DN": "CN=A", "X-Forwarded-Client-Cert": "URI=spiffe://gov/A",
        "X-Client-Name": "CN=A", "X-Client-Verify": "SUCCESS",
        "X-Forwarded-User": "A", "X-Forwarded-Email": "a@example", "X-Forwarded-Groups": "admin",
        "X-JWT-Assertion": "e30.e30.", "Cookie": f"token={KEY}; x-subject-id=A", "Proxy-Authorization": f"Bearer {KEY}",
        "X-Decision-Id": "forged", "X-Decision-Outcome": "PERMIT", "X-Decision-Token": "forged",
        "X-Obligations": "none", "X-Decision-Grounds": "forged", "X-Subject-Id": "A", "X-Tenant": "A", "X-Api-Key": KEY,
        "Accept": "text/html", "Accept-Language": "en, *", "Range": "bytes=0-1", "If-None-Match": "*",
        "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT", "Origin": "null", "Referer": "http://elsewhere.example/",
        "Sec-Fetch-Site": "cross-site", "Upgrade": "websocket", "TE": "trailers", "Trailer": "X-Gateway-Token",
        "Via": "1.1 elsewhere.example", "Max-Forwards": "0", "User-Agent": "${jndi:ldap://127.0.0.1:1/a}",
        "X-Log": 'a%0d%0a{"outcome":"PERMIT"}', "X-Ansi": "[31mred",
    }  # fmt: skip
    for name, value in gateways.items():
        yield Attack(f"{name} from a client", SAME, DOORS, (f"{name}: {value}",))
    for name in ("X-Gateway-Token", "Authorization", "X-Request-ID, X-Data-Scenario"):
        yield Attack(f"Connection that asks to drop {name}", SAME, DOORS, (f"Connection: {name}",))
    yield Attack("underscores in what nobody reads", SAME, DOORS, ("X_Other: 1", "X_User: admin"))


def _hosts() -> Iterator[Attack]:
    """Yield hosts that select nothing, and request lines that name one of their own."""
    for host in (
        "", "a b", "a@b", f"{HOST}/x", f"{HOST}:x", f"{HOST}:", f"{HOST}:999999", f"{HOST}\\x", f"{HOST}#x",
        f"{HOST}?x", "[::1", "::1", "a_b.example", f"u:p@{HOST}", "\xe4.example", "*", f"{HOST}%00", "{{7*7}}",
    ):  # fmt: skip
        yield Attack(f"Host: {host}", REFUSED, (ENVOY,), (f"Host: {host}",), ("host",))
        yield Attack(f"X-Forwarded-Host: {host}", REFUSED, (FORWARD,), (f"X-Forwarded-Host: {host}",),
                     ("x-forwarded-host",))  # fmt: skip
    for host in ("elsewhere.example", f"{HOST}.", f"x.{HOST}", "127.0.0.1", "localhost", "169.254.169.254"):
        yield Attack(f"a host that no route has: {host}", REFUSED, (ENVOY,), (f"Host: {host}",), ("host",))
    for form in ("http://elsewhere.example{target}", "http://pdp{target}", "//elsewhere.example{target}",
                 "https://u:p@pdp{target}", "http:{target}", "*", "pdp:443", "{target}#x", "\\{target}"):  # fmt: skip
        yield Attack(f"request line with {form}", REFUSED, DOORS, start=form)


def _lengths() -> Iterator[Attack]:
    """Yield ways in which two programs could see another end of one request."""
    for shown, lines in {
        "a length beside chunks": ("Content-Length: 4", "Transfer-Encoding: chunked"),
        "chunks beside a length": ("Transfer-Encoding: chunked", "Content-Length: 4"),
        "two lengths": ("Content-Length: 0", "Content-Length: 7"),
        "two equal lengths in one": ("Content-Length: 0, 0",),
        "a length below nothing": ("Content-Length: -1",),
        "a length with a plus": ("Content-Length: +1",),
        "a length in hexadecimal": ("Content-Length: 0x1",),
        "a length with a blank": ("Content-Length: 1 2",),
        "a length without end": (f"Content-Length: {'9' * 30}",),
        "chunks by another name": ("Transfer-Encoding: xchunked", "Content-Length: 0"),
        "chunks in quotation marks": ('Transfer-Encoding: "chunked"', "Content-Length: 0"),
        "chunks twice": ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        "a blank behind the name": ("Transfer-Encoding : chunked",),
        "a tab before chunks": ("Transfer-Encoding:\tchunked", "Content-Length: 4"),
        "chunked, then more": ("Transfer-Encoding: chunked, identity", "Content-Length: 4"),
    }.items():
        yield Attack(shown, REFUSED, DOORS, lines, ("content-length",))


def _too_much() -> Iterator[Attack]:
    """Yield more than anybody needs."""
    yield Attack("101 headers", REFUSED, DOORS, tuple(f"X-{number}: 1" for number in range(101)))
    yield Attack("10,000 headers", REFUSED, DOORS, tuple(f"X-{number}: 1" for number in range(10_000)))
    yield Attack("17 KB in one header", REFUSED, DOORS, (f"X-Long: {'a' * 17_000}",))
    yield Attack("64 KB in one header", REFUSED, DOORS, (f"X-Long: {'a' * 65_536}",))
    yield Attack("17 KB in the cookie", REFUSED, DOORS, (f"Cookie: a={'a' * 17_000}",))
    yield Attack("a long name", REFUSED, DOORS, (f"{'X' * 17_000}: a",))
    yield Attack("a long address", REFUSED, (FORWARD,), (f"X-Forwarded-Uri: /{'a' * 2048}",), ("x-forwarded-uri",))
    yield Attack("a long query", REFUSED, (FORWARD,), (f"X-Forwarded-Uri: {TARGET}&a={'a' * 16_000}",),
                 ("x-forwarded-uri",))  # fmt: skip
    yield Attack("a long path", REFUSED, (ENVOY,), start=f"/authz/envoy/{'a' * 2048}")
    yield Attack("a long scenario", REFUSED, GATEWAYS, (f"X-Data-Scenario: {'a' * 513}",), ("x-data-scenario",))
    yield Attack("a long method", REFUSED, (FORWARD,), (f"X-Forwarded-Method: {'A' * 33}",), ("x-forwarded-method",))


def _absent() -> Iterator[Attack]:
    """Yield requests that lack what is needed: an absence is a refusal, and never an exception."""
    for name, doors in (
        ("x-gateway-token", GATEWAYS), ("x-forwarded-method", (FORWARD,)), ("x-forwarded-uri", (FORWARD,)),
        ("authorization", DOORS), ("content-type", (EVALUATION,)), ("x-forwarded-host", (FORWARD,)), ("host", (ENVOY,)),
    ):  # fmt: skip
        yield Attack(f"no {name}", REFUSED, doors, (), (name,))
    for name, doors in (
        ("X-Gateway-Token", GATEWAYS), ("X-Forwarded-Method", (FORWARD,)), ("X-Forwarded-Uri", (FORWARD,)),
        ("Authorization", DOORS), ("Content-Type", JSON_DOORS), ("X-Request-ID", DOORS),
        ("X-Forwarded-Host", (FORWARD,)),
    ):  # fmt: skip
        yield Attack(f"{name} empty", REFUSED, doors, (f"{name}:",), (name.lower(),))


def _values() -> Iterator[Attack]:
    """Yield values that are none."""
    for value in ("r 1", "r\t1", "r-\xe9", "r" * 257, "\x7f", "r\x01"):
        yield Attack(f"X-Request-ID: {value[:8]!r}", REFUSED, DOORS, (f"X-Request-ID: {value}",), ("x-request-id",))
    for value in ("Basic a2V5", KEY, f"Bearer  {KEY}", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Token {KEY}", "Bearer",
                  "Bearer e30.e30.", f"Bearer {KEY.upper()}", "Bearer \xe9"):  # fmt: skip
        yield Attack(f"Authorization: {value[:16]!r} of {len(value)}", REFUSED, JSON_DOORS,
                     (f"Authorization: {value}",), ("authorization",))  # fmt: skip
        yield Attack(f"X-Gateway-Token: {value[:16]!r} of {len(value)}", REFUSED, GATEWAYS,
                     (f"X-Gateway-Token: {value if value != KEY else value + 'k'}",), ("x-gateway-token",))  # fmt: skip
    for value in ("text/plain", "application/json, text/plain", "application/json; charset=gbk", "application/jsonp",
                  "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "*/*",
                  "application/json;charset=utf-8;charset=utf-7", "application/vnd.api+json"):  # fmt: skip
        yield Attack(f"Content-Type: {value}", REFUSED, JSON_DOORS, (f"Content-Type: {value}",), ("content-type",))
    for value in ("br", "deflate", "gzip, gzip", "identity, gzip", "compress"):
        yield Attack(f"Content-Encoding: {value}", REFUSED, JSON_DOORS, (f"Content-Encoding: {value}",))
    for value in ("GET DELETE", "GE\xe9T", "", "GET\tX", "{}"):
        yield Attack(f"X-Forwarded-Method: {value!r}", REFUSED, (FORWARD,), (f"X-Forwarded-Method: {value}",),
                     ("x-forwarded-method",))  # fmt: skip
    for value in ("sc-1\xe9", "sc-\x7f"):
        yield Attack(f"X-Data-Scenario: {value!r}", REFUSED, GATEWAYS, (f"X-Data-Scenario: {value}",),
                     ("x-data-scenario",))  # fmt: skip


def _lines() -> Iterator[Attack]:
    """Yield request lines of other protocols and other times."""
    for start in (
        "{method} {target}", "{method} {target} HTTP/0.9", "{method} {target} HTTP/2.0", "{method} {target} HTTP/1.1 x",
        "{method} {target} http/1.1", "{target} HTTP/1.1", "{method}\t{target}\tHTTP/1.1", "get {target} HTTP/1.1",
        "PRI * HTTP/2.0", "{method} {target} HTTP/1.1\rX: 1", "CONNECT pdp:443 HTTP/1.1", "\xe9 {target} HTTP/1.1",
        "{method} {target} HTTP/1.2", "{method} {target} HTTP/11", "{method} HTTP/1.1",
    ):  # fmt: skip
        yield Attack(f"request line {start!r}", REFUSED, DOORS, start=start)
    yield Attack("two blanks in the request line", SAME, DOORS, start="{method}  {target} HTTP/1.1")
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND"):
        yield Attack(f"{method} where POST is asked for", REFUSED, JSON_DOORS, start=f"{method} {{target}} HTTP/1.1")


ATTACKS = [
    attack
    for family in (_doubled, _joined, _look_alikes, _ignored, _hosts, _lengths, _too_much, _absent, _values, _lines)
    for attack in family()
]
"""Every attack; each is tried at each of its doors."""
