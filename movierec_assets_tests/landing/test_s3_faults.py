"""A refusal is told by what each client makes of it, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from movierec_assets.landing.s3_faults import refusal

TOLD = {
    "An error occurred (ExpiredToken) when calling the ListObjectsV2 operation: The provided token has expired.": (
        "the credentials have expired (ExpiredToken); renew AWS_ACCESS_KEY_ID"
    ),
    "lacked the necessary privileges ... 403 Forbidden: <Error><Code>ExpiredToken</Code></Error>": "have expired",
    "Failed to upload a to b: An error occurred (AccessDenied) when calling the PutObject operation": (
        "the server denies access (AccessDenied); check AWS_ACCESS_KEY_ID"
    ),
    "An error occurred (403) when calling the HeadObject operation: Forbidden": "(403) and does not say why",
    "When getting information for key 'a': AWS Error ACCESS_DENIED during HeadObject operation": "whether they have",
    "An error occurred (RequestTimeTooSkewed) when calling the GetObject operation": "this machine's clock",
}
PASSING = (
    "Generic S3 error: Error performing PUT http://127.0.0.1:40301/lake/part-403.parquet: Connection reset by peer",
    "An error occurred (SlowDown) when calling the ListObjectsV2 operation: Please reduce your request rate.",
    "An error occurred (500) when calling the HeadObject operation (reached max retries: 4): Internal Server Error",
)


@pytest.mark.parametrize("text", TOLD)
def test_a_refusal_is_told_with_what_to_do(text: str) -> None:
    assert TOLD[text] in (refusal(OSError(text)) or "")


@pytest.mark.parametrize("text", PASSING)
def test_what_passes_is_no_refusal(text: str) -> None:
    assert refusal(OSError(text)) is None
