"""Where a client may have its users sent, and nothing else (O-20; RFC 8252, RFC 9700)."""

import pytest

from gatepost.clients.redirect_uris import is_private_use, refusal

WEB = [
    "https://app.example.com",
    "https://app.example.com/",
    "https://app.example.com/callback?tenant=1&x=%2F",
    "https://app.example.com:8443/cb",
    "https://localhost/cb",
    "https://192.0.2.1/cb",
    "https://[2001:db8::1]:8443/cb",
    "http://localhost:3000/cb",
    "http://localhost",
    "http://127.0.0.1:49152/cb",
    "http://[::1]/cb",
]
PRIVATE_USE = ["com.example.app:/cb", "com.example.app:/", "com.example.my-app:/oauth2redirect/example-provider?a=b"]
REFUSED = [
    *("", " ", "/", "/callback", "//app.example.com/cb", "app.example.com/cb", "https:", "https:/", "https://", "https:///cb"),
    *(
        "javascript:alert(1)",
        "javascript://app.example.com/%0aalert(1)",
        "JAVASCRIPT:alert(1)",
        "vbscript:x",
        "blob:https://a.b/c",
    ),
    *("data:text/html,x", "data:text/html;base64,PHNjcmlwdD4=", "file:///etc/passwd", "ftp://app.example.com", "about:blank"),
    *(
        "https://app.example.com/#",
        "https://app.example.com/cb#a",
        "com.example.app:/cb#a",
        "https://app.example.com#@evil.example",
    ),
    *("https://user@app.example.com/", "https://user:pass@app.example.com/", "https://app.example.com@evil.example/"),
    *("https://app.example.com\\@evil.example/", "https:\\\\app.example.com", "https://app.example.com/\\evil"),
    *(
        "http://app.example.com/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost.evil.example/cb",
        "http://192.168.0.1/cb",
    ),
    *("http://0x7f.1/cb", "http://2130706433/cb", "http://127.1/cb", "http://0.0.0.0/cb", "http://[::ffff:1.2.3.4]/cb"),
    *("https://*.example.com/cb", "https://*/cb", "*", "https://app.example.com:0/", "https://app.example.com:65536/"),
    *(
        "https://app.example.com:/cb",
        "https://app.example.com:port/",
        "https://-a.example/cb",
        "https://a..b/cb",
        "https://a_b/cb",
    ),
    *("https://[::1/cb", "https://[zz]/cb", "https://[]/cb", "https://[1.2.3]/cb", "https://[:::]/cb"),
    *("HTTPS://app.example.com/cb", "https://App.example.com/cb", "com.Example.app:/cb", "https://apps.example.com./cb"),
    *("https://app.example.com/a b", " https://app.example.com/", "https://app.example.com/\n", "https://app.example.com/\t"),
    *("https://app.example.com/%", "https://app.example.com/%zz", "https://app.example.com/\x00", "https://äpp.example.com/"),
    *(
        "https://app.example.com/ä",
        "https://app.example.com/<script>",
        'https://app.example.com/"',
        "https://app.example.com/{x}",
    ),
    *("myapp:/cb", "myapp://cb", "com.example.app:cb", "com.example.app://cb", "com.example.app:", "com.example.app:///cb"),
    *(
        ".example:/cb",
        "com.:/cb",
        "com..app:/cb",
        "1com.example:/cb",
        "urn:ietf:wg:oauth:2.0:oob",
        "tel:1",
        "intent://x#Intent;end",
    ),
]


@pytest.mark.parametrize("uri", WEB)
def test_a_web_address_or_this_machine_is_one(uri: str) -> None:
    assert refusal(uri) is None
    assert not is_private_use(uri)


@pytest.mark.parametrize("uri", PRIVATE_USE)
def test_a_scheme_that_is_a_domain_the_other_way_round_is_one(uri: str) -> None:
    assert refusal(uri) is None
    assert is_private_use(uri)


@pytest.mark.parametrize("uri", REFUSED)
def test_o20_anything_else_is_not(uri: str) -> None:
    assert refusal(uri)
