"""An in-memory notice board: channels that keep notices, or refuse them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.ids import ChannelId, MessageId, ServerId
from bot.core.notices import ProblemReport
from bot.errors import DeliveryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    channel_id: int
    report: ProblemReport
    nonce: str


@dataclass(kw_only=True)
class FakeBoard:
    """Obeys the protocol of `NoticeBoard`."""

    posted: list[Posted] = field(default_factory=list[Posted])
    own_channels: list[int] = field(default_factory=list[int])
    refusals: dict[int, Exception] = field(default_factory=dict[int, Exception])  # by channel
    lost_answers: int = 0  # of the next messages, which arrive
    tried: list[int] = field(default_factory=list[int])

    async def channels(self, server_id: ServerId) -> Sequence[ChannelId]:
        return [ChannelId(room) for room in self.own_channels]

    async def post(
        self, channel_id: ChannelId, report: ProblemReport, *, nonce: str, may_have_arrived: bool = False
    ) -> MessageId:
        self.tried.append(channel_id)
        if channel_id in self.refusals:
            raise self.refusals[channel_id]
        if may_have_arrived:
            for number, one in enumerate(self.posted, start=1):
                if (one.channel_id, one.nonce) == (channel_id, nonce):
                    return MessageId(number)
        self.posted.append(Posted(channel_id=channel_id, report=report, nonce=nonce))
        if self.lost_answers:
            self.lost_answers -= 1
            raise DeliveryError("No answer came.", may_have_arrived=True)
        return MessageId(len(self.posted))
