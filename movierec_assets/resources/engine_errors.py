"""Errors of an engine on their way from its server to this process, without the secrets that an S3 server repeats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from movierec_assets.landing.s3_echoes import TOKEN, without_tokens

STATUS = "grpc-status-details-bin"
"""Metadata in which the error stands once more, packed; PySpark takes the text where it is missing."""


class WithoutTokens(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Between PySpark and the channel; passes on all that is no error as it is."""

    def intercept_unary_unary(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        """A call with one answer, which is an error where it fails."""
        call = continuation(details, request)
        if isinstance(call, grpc.RpcError):
            raise told(call)
        return call

    def intercept_unary_stream(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        """A call with many answers, of which the last may be an error."""
        return _Answers(continuation(details, request))


class _Answers:
    def __init__(self, call: Any) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __iter__(self) -> _Answers:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._call)
        except grpc.RpcError as error:
            raise told(error) from None


class Told(grpc.RpcError):  # type: ignore[misc]
    """An error that named a session token.

    Args:
        error: As it came.
    """

    def __init__(self, error: Any) -> None:
        super().__init__(without_tokens(str(error)))
        self.code = error.code
        self._details, self._metadata = error.details(), error.trailing_metadata()

    def details(self) -> str:
        """What went wrong."""
        return without_tokens(self._details)

    def trailing_metadata(self) -> tuple[tuple[str, Any], ...]:
        """What was sent with it."""
        return tuple((key, value) for key, value in self._metadata if key != STATUS)


def told(error: Any) -> grpc.RpcError:
    """The error, or one like it without the tokens that it names."""
    return Told(error) if TOKEN.search(error.details() or "") else error
