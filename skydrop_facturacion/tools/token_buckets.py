"""Token buckets that all workers of a machine share, to bound what somebody asks for.

A bucket is sixteen bytes in one small file, so spending costs some microseconds, waits
for nobody and touches no row. Its place follows from a hash: two people hardly ever
share one, and if they do, they share its tokens. Whoever writes last wins when two
workers spend from one bucket at the same instant: a token is lost, which does no harm.
"""

import hashlib
import os
import struct
import time

BUCKETS = 65_536
BUCKET = struct.Struct("<dd")  # tokens, and when they were counted (Unix time)


def spend(path, key, cost, rate, capacity):
    """Take tokens out of a bucket, which fills again as time goes by.

    :param str path: the file of the buckets, made when it is missing
    :param str key: whose bucket
    :param float cost: how many tokens
    :param float rate: tokens that come in each second
    :param float capacity: tokens of a full bucket
    :return: 0 if they were there, else the seconds until they will be
    :rtype: float
    :raise OSError: the file cannot be used
    """
    digest = hashlib.sha256(key.encode()).digest()
    offset = int.from_bytes(digest[:4], "big") % BUCKETS * BUCKET.size
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    file = os.open(path, flags, 0o600)
    try:
        stored = os.pread(file, BUCKET.size, offset)
        # What was never written is zeros: counted long ago, so full by now.
        tokens, counted = BUCKET.unpack(stored.ljust(BUCKET.size, b"\0"))
        now = time.time()
        tokens = min(capacity, tokens + max(now - counted, 0) * rate)
        cost = min(cost, capacity)
        if tokens < cost:
            return (cost - tokens) / rate
        os.pwrite(file, BUCKET.pack(tokens - cost, now), offset)
        return 0
    finally:
        os.close(file)
