"""The page with all settings of a channel: /config show, and the button below each change."""

from __future__ import annotations

import discord

from bot.discord.answers import defaults as default_answers
from bot.discord.answers import feed_settings as answers
from bot.discord.answers import results as result_answers
from bot.discord.permissions.targets import Target
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.components import client_of
from bot.discord.ui.hint_buttons import InsteadButton
from bot.discord.ui.pages import answer


async def show_settings(interaction: discord.Interaction, target: Target) -> None:
    """Answers with all settings of a channel, or with what it would start with."""
    services = client_of(interaction).services
    state = await services.feeds.state(target.channel_id)
    if state is None:
        defaults = await services.servers.defaults(target.server_id)
        await answer(interaction, [default_answers.no_feed(target.channel_id, defaults)])
        return
    results = await services.results.of_feed(state.feed, state.subscriptions)
    named = filter(None, [state.notices_channel_id])
    seen = await Viewer.of(interaction).visible(named)
    settings = answers.feed_settings(state, now=services.clock(), visible=seen)
    await answer(
        interaction,
        result_answers.with_results(settings, results),
        buttons=InsteadButton.for_topics(target.channel_id, results),
    )
