"""Who calls: the token of a request, its scope, and its pace."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from agent.api.errors import ScopeMissing, TokenWrong, TooOften
from agent.api.limits import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from agent.api.tokens import Scope, Token, Tokens

WRONG_PER_MINUTE = 60  # wrong tokens share one bucket: guessing is slow for everybody together


class Callers:
    """Safe to use from many threads."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens = tokens
        self._clock = clock
        self._one = threading.Lock()
        self._buckets: dict[tuple[str, int], Bucket] = {}
        self._wrong = Bucket(WRONG_PER_MINUTE)

    def check(self, request: Request, scope: Scope) -> Token:
        """The token of a request that may do ``scope``.

        Raises:
            TokenWrong, ScopeMissing, TooOften: in that order of looking.
        """
        kind, _, word = request.headers.get("authorization", "").partition(" ")
        token = self._tokens.find(word.strip()) if kind.lower() == "bearer" and word.strip() else None
        if token is None:
            self._take(self._wrong)
            raise TokenWrong("the request has no token that is known here")
        if scope not in token.scopes:
            raise ScopeMissing(f"the token {token.name!r} has no scope {scope!r}")
        with self._one:
            bucket = self._buckets.setdefault((token.digest, token.per_minute), Bucket(token.per_minute))
        self._take(bucket)
        return token

    def _take(self, bucket: Bucket) -> None:
        with self._one:
            seconds = bucket.take(self._clock())
        if seconds:
            raise TooOften(seconds)
