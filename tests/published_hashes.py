"""Password hashes that others have published together with their passwords, and who."""

from base64 import b64encode

_SIGNER_KEY = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="


def _phc(parameters: str, salt: str, known: str) -> str:
    """Return the PHC string of a salt given as text and a hash given in hexadecimal."""
    return "$".join(["", *parameters.split("$"), _base64(salt.encode()), _base64(bytes.fromhex(known))])


def _base64(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")


def firebase(separator: str, known: str) -> str:
    """Return Supabase's text form of a hash of Firebase's example project."""
    return f"$fbscrypt$v=1,n=14,r=8,p=1,ss={separator},sk={_SIGNER_KEY}$42xEC+ixf3L2lw==${known}"


# By name: the password and the stored hash.
PUBLISHED: dict[str, tuple[str, str]] = {
    "bcrypt 2a, crypt_blowfish": ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    "bcrypt 2a of more than 72 bytes, crypt_blowfish": (
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    ),
    "bcrypt 2b, pyca/bcrypt": ("Kk4DQuMMfZL9o", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"),
    "bcrypt 2y, pyca/bcrypt's 2b": ("Kk4DQuMMfZL9o", "$2y$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"),
    "PBKDF2-SHA256, RFC 7914 section 11": (
        "passwd",
        _phc(
            "pbkdf2-sha256$i=1,l=64",
            "salt",
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
        ),
    ),
    "PBKDF2-SHA256 of 80,000 iterations, RFC 7914 section 11": (
        "Password",
        _phc(
            "pbkdf2-sha256$i=80000",
            "NaCl",
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
            "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
        ),
    ),
    # After the vectors of RFC 6070; in the tests of Bitcoin Core, for one.
    "PBKDF2-SHA512": (
        "password",
        _phc(
            "pbkdf2-sha512$i=1",
            "salt",
            "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
            "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce",
        ),
    ),
    "PBKDF2-SHA256, passlib's documentation": (
        "password",
        "$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdAw$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M",
    ),
    "PBKDF2-SHA512 by passlib, hashcat's example 20200": (
        "hashcat",
        "$pbkdf2-sha512$25000$LyWE0HrP2RsjZCxlDGFMKQ$"
        "1vC5Ohk2mCS9b6akqsEfgeb4l74SF8XjH.SljXf3dMLHdlY1GK9ojcCKts6/asR4aPqBmk74nCDddU3tvSCJvw",
    ),
    "PBKDF2-SHA256, Django's tests": (
        "l\u00e8tmein",
        "pbkdf2_sha256$12000$seasalt$Ybw8zsFxqja97tY/o6G+Fy1ksY4U/Hw3DRrGED6Up4s=",
    ),
    "scrypt, RFC 7914 section 12": (
        "pleaseletmein",
        _phc(
            "scrypt$ln=14,r=8,p=1",
            "SodiumChloride",
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
        ),
    ),
    "scrypt of 16 lanes, RFC 7914 section 12": (
        "password",
        _phc(
            "scrypt$ln=10,r=8,p=16",
            "NaCl",
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
        ),
    ),
    "scrypt, passlib's documentation": (
        "password",
        "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
    ),
    "Firebase, the README of firebase/scrypt": (
        "user1password",
        firebase("Bw==", "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="),
    ),
    "Firebase without a separator, zitadel/passwap": (
        "user1password",
        firebase("", "NohHtJ2FmkEqzefZ0IHnOlqTzFN8n6vXXd0EW2OIGuUh4rcwvVh7XVRDVs5yOrueoudRPIoimS6jIwf4pMW3rg=="),
    ),
    "Argon2i of version 16, the reference implementation": (
        "password",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
    ),
    "Argon2i of two lanes, the reference implementation": (
        "password",
        "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
    ),
    "Argon2id, the reference implementation": (
        "password",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ),
    "Argon2d, passuth's tests": ("password", "$argon2d$v=19$m=16,t=2,p=1$Mmx3eWR3YkJONkhoTGFnNA$HD1EIj2bqdfwQrJDP+FY6w"),
}
