"""What landing zone and lake make of an S3 server's faults: how often they try again, and what they say of a refusal.

Four clients speak to the server: boto3, pyarrow, and object_store in the Delta library and in Sail, which takes no
setting for it and makes eleven attempts. None of them tries again what is refused.
"""

from __future__ import annotations

import re

ATTEMPTS = 5
"""How often a request is made where the network or the server fails (5xx), with pauses that grow."""

REFUSALS = {
    r"ExpiredToken|TokenRefreshRequired|token \w+ expired": "the credentials have expired ({}); renew "
    "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
    r"RequestTimeTooSkewed|REQUEST_TIME_TOO_SKEWED": "this machine's clock is not the server's ({}); set it right",
    r"AccessDenied|InvalidAccessKeyId|INVALID_ACCESS_KEY_ID|SignatureDoesNotMatch|INVALID_SIGNATURE|InvalidToken": (
        "the server denies access ({}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's policy"
    ),
    # To a question about one object (HEAD) a server gives no reason.
    r"\(403\)|403 Forbidden|ACCESS_DENIED": (
        "the server denies access ({}) and does not say why; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
        "whether they have expired, and the bucket's policy"
    ),
}
"""What to say of an answer that stays the same until somebody acts, by how any of the clients writes it."""


def refusal(error: BaseException) -> str | None:
    """Why the server refuses and what to do; None for any other error.

    Args:
        error: Of boto3, pyarrow, the Delta library or the engine.
    """
    for pattern, words in REFUSALS.items():
        if found := re.search(pattern, str(error)):
            return words.format(found[0].strip("()"))
    return None
