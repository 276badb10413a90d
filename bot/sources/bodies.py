"""Response bodies, decompressed in bounded pieces."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Generator

from aiohttp import ClientResponse

from bot.errors import ProblemKind, SourceError

_log = logging.getLogger(__name__)

_CHUNK_BYTES = 65_536
_PIECE_BYTES = 65_536
_GZIP = 16 + zlib.MAX_WBITS


class BrokenBodyError(Exception):
    """The body is damaged, or its compression was not requested."""


class Decompressor:
    """Decompresses the chunks of one body into pieces of at most 64 KiB."""

    def __init__(self, encoding: str) -> None:
        """Raises BrokenBodyError for a `Content-Encoding` other than gzip's."""
        name = encoding.strip().lower()
        if name not in {"", "identity", "gzip", "x-gzip"}:
            raise BrokenBodyError("its compression was not requested")
        self._is_compressed = name in {"gzip", "x-gzip"}
        self._decompressor = zlib.decompressobj(_GZIP)
        self._has_input = False

    def feed(self, chunk: bytes) -> Generator[bytes]:
        """The decompressed pieces of the chunk.

        Raises:
            BrokenBodyError: it is not gzip.
        """
        if not self._is_compressed:
            yield chunk
            return
        self._has_input = True
        rest = chunk
        while True:
            if self._decompressor.eof:  # gzip may consist of several members
                self._decompressor = zlib.decompressobj(_GZIP)
            try:
                piece = self._decompressor.decompress(rest, _PIECE_BYTES)
            except zlib.error as error:
                raise BrokenBodyError("its compression is damaged") from error
            if piece:
                yield piece
            is_at_end = self._decompressor.eof
            rest = self._decompressor.unused_data if is_at_end else self._decompressor.unconsumed_tail
            # After a full piece, the decompressor may hold more output even without further input.
            if not rest and (is_at_end or len(piece) < _PIECE_BYTES):
                return

    def check_end(self) -> None:
        """Raises BrokenBodyError if the compressed data is incomplete."""
        if self._has_input and not self._decompressor.eof:
            raise BrokenBodyError("its compression ends too early")


async def read_body(response: ClientResponse, max_bytes: int, *, cut: bool = False) -> bytes:
    """The decompressed body, at most `max_bytes` long: a longer one is cut if `cut`, else refused.

    It is decompressed in bounded pieces, so that a small body cannot become a huge one before it is counted.

    Raises:
        BrokenBodyError: it cannot be decompressed.
        SourceError: it is too large.
    """
    body, received = bytearray(), 0
    decompressor = Decompressor(response.headers.get("Content-Encoding", ""))
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        received += len(chunk)
        for piece in decompressor.feed(chunk):
            body += piece
            if len(body) > max_bytes:
                break
        if max(len(body), received) > max_bytes:
            if cut:
                return bytes(body[:max_bytes])
            _log.warning("Hugging Face's answer was refused because it has more than %d bytes", max_bytes)
            raise SourceError(ProblemKind.TOO_LARGE)
    decompressor.check_end()
    return bytes(body)
