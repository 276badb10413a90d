"""Bodies of answers, decompressed a bounded piece at a time."""

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
    """The body is compressed in a way that was not asked for, or is damaged."""


class Unpacking:
    """Turns the chunks of one body into its bytes, with nothing larger in memory than a piece of 64 KiB."""

    def __init__(self, encoding: str) -> None:
        """Raises BrokenBodyError for a `Content-Encoding` other than gzip's."""
        name = encoding.strip().lower()
        if name not in {"", "identity", "gzip", "x-gzip"}:
            raise BrokenBodyError("it is compressed in a way that was not asked for")
        self._is_packed = name in {"gzip", "x-gzip"}
        self._unpacker = zlib.decompressobj(_GZIP)
        self._is_begun = False

    def feed(self, chunk: bytes) -> Generator[bytes]:
        """The pieces that the chunk gives.

        Raises:
            BrokenBodyError: it is no gzip.
        """
        if not self._is_packed:
            yield chunk
            return
        self._is_begun = True
        rest = chunk
        while True:
            if self._unpacker.eof:  # gzip may come in several parts
                self._unpacker = zlib.decompressobj(_GZIP)
            try:
                piece = self._unpacker.decompress(rest, _PIECE_BYTES)
            except zlib.error as error:
                raise BrokenBodyError("its compression is damaged") from error
            if piece:
                yield piece
            is_at_end = self._unpacker.eof
            rest = self._unpacker.unused_data if is_at_end else self._unpacker.unconsumed_tail
            # A full piece may leave more in the unpacker, without any input that is left.
            if not rest and (is_at_end or len(piece) < _PIECE_BYTES):
                return

    def check_end(self) -> None:
        """Raises BrokenBodyError where the body ended within what is compressed."""
        if self._is_begun and not self._unpacker.eof:
            raise BrokenBodyError("its compression ends too early")


async def read_body(response: ClientResponse, most_bytes: int, *, cut: bool = False) -> bytes:
    """The decompressed body; one that is longer is cut where that is allowed, else refused.

    It is decompressed here, a bounded piece at a time, so that a small body cannot become a large one before
    its bytes are counted.

    Raises:
        BrokenBodyError: it cannot be decompressed.
        SourceError: it is too large.
    """
    body, received = bytearray(), 0
    unpacking = Unpacking(response.headers.get("Content-Encoding", ""))
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        received += len(chunk)
        for piece in unpacking.feed(chunk):
            body += piece
            if len(body) > most_bytes:
                break
        if max(len(body), received) > most_bytes:
            if cut:
                return bytes(body[:most_bytes])
            _log.warning("Hugging Face's answer has more than %d bytes, and was refused", most_bytes)
            raise SourceError(ProblemKind.TOO_LARGE)
    unpacking.check_end()
    return bytes(body)
