"""A stand-in for the making of signing keys, which takes a while and KMS."""

from collections.abc import Callable

from gatepost.signing.ring import SigningKey


class Maker:
    """Makes keys at the time it's told, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def at(self, now: int) -> Callable[[], SigningKey]:
        def make() -> SigningKey:
            self.made += 1
            kid = f"key-{self.made}"
            return SigningKey(kid, "RS256", {"kid": kid}, kid.encode(), "standby", now, now)

        return make
