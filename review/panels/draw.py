"""The verifiable draw, as one pure function that anybody can recompute by hand.

Every candidate gets the SM3 digest of "seed:id", both as they stand in the record; whoever has the
smaller digest comes first. One candidate's digest by hand:

    printf '%s' 'seed:id' | openssl dgst -sm3
"""

from accounts.chains import sm3


def digest(seed, candidate):
    """Return the SM3 digest (64 hex digits) of UTF-8 "seed:id"."""
    return sm3(f"{seed}:{candidate}".encode())


def draw(pool_ids, excluded_ids, seed, count):
    """Return `count` of the pool's ids in the order drawn, whatever order the ids are passed in.

    An excluded id is never drawn. Raises ValueError when fewer than `count` are left.
    """
    left = set(pool_ids) - set(excluded_ids)
    if len(left) < count:
        raise ValueError(f"{count} to be drawn from {len(left)}")
    return sorted(left, key=lambda candidate: (digest(seed, candidate), candidate))[:count]
