"""Lambda SnapStart: many environments begin as copies of one that has imported everything and has served nothing.

Nothing unique or secret is made as a function is imported, no connection is opened and nothing is read, so the copies have
nothing in common that must be their own, and nothing that grows old: but for the states of two random number generators.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import random
import secrets
import ssl

_SEED_BYTES = 48


def renew_randomness() -> None:
    """Let this environment draw other random numbers than all that began as the same snapshot.

    Ours are the kernel's, which Lambda sees to. But OpenSSL's generator, which makes the keys of TLS connections, has begun
    with the first TLS context (a client of boto3 makes one), and Python's, which is for jitter and for boundaries in mails,
    with its import.
    """
    ssl.RAND_add(secrets.token_bytes(_SEED_BYTES), _SEED_BYTES)
    random.seed()
