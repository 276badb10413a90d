"""The cogs: every slash command, one file per topic, and the gateway's events."""

from __future__ import annotations

from discord.ext import commands

from bot.discord.command_mentions import NO_MENTIONS, CommandMentions
from bot.services.container import Services
from cogs.config import ConfigCog
from cogs.delivery import DeliveryCog
from cogs.explain import ExplainCog
from cogs.guild_events import GuildEventsCog
from cogs.help import HelpCog
from cogs.messages import MessagesCog
from cogs.my import MyCog
from cogs.papers import PapersCog
from cogs.preview import PreviewCog
from cogs.setup import SetupCog
from cogs.status import StatusCog
from cogs.subscriptions import SubscriptionsCog


def make_cogs(services: Services, *, mentions: CommandMentions = NO_MENTIONS) -> tuple[commands.Cog, ...]:
    """Every cog. Commands get the services from the client; events, which name no client, get them here."""
    events = GuildEventsCog(
        services.guild_events, servers=services.servers, feeds=services.feeds, mentions=mentions
    )
    return (
        SubscriptionsCog(),
        ExplainCog(),
        PreviewCog(),
        DeliveryCog(),
        PapersCog(),
        ConfigCog(),
        MyCog(),
        MessagesCog(),
        StatusCog(),
        SetupCog(),
        HelpCog(),
        events,
    )
