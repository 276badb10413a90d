"""/preview: what keywords match, and what a channel's next post would be."""

from __future__ import annotations

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.focus import Focus
from bot.discord.answers import next_post
from bot.discord.answers import papers as answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.messages import to_discord
from bot.discord.ui.options import FocusChoice, Keywords
from bot.discord.ui.pages import Page, answer, answer_lazily
from bot.discord.ui.preview_button import PreviewButton
from bot.errors import UserError
from bot.services.queries.search import MAX_DAYS, RECENT_DAYS


class PreviewCog(commands.Cog):
    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(
        keywords="The keywords to try, written as for /subscribe (default: show the channel's next post)",
        days=f"How many days of lists to search for the keywords (default: {RECENT_DAYS})",
        focus="How close to the topic: exact, strict, balanced (other words, too), broad (default: exact)",
        channel="Without keywords: the channel whose next post to show (default: this one)",
    )
    async def preview(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords | None = None,
        days: app_commands.Range[int, 1, MAX_DAYS] | None = None,
        focus: FocusChoice | None = None,
        channel: ChannelOption | None = None,
    ) -> None:
        """Show which recent papers match keywords, or what a channel's next post would be."""
        await interaction.response.defer(ephemeral=True)
        if keywords is None:
            _check_next_post(interaction, only_with_keywords=(days, focus))
            await self._show_next_post(interaction, channel)
        elif channel is not None:
            raise UserError(
                "`channel` is for a channel's next post, which is shown without `keywords`. Leave out one or "
                "the other."
            )
        else:
            await self._show_matches(interaction, keywords, days or RECENT_DAYS, Focus(focus or Focus.EXACT))

    async def _show_next_post(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None
    ) -> None:
        target = await targets.visible(interaction, channel)
        services = interaction.client.services
        upcoming = await services.next_posts.of_channel(target.channel_id)
        pages = next_post.coming(upcoming, now=services.clock())

        async def page(number: int) -> Page:
            return _page(pages[number])

        await answer_lazily(interaction, page, number=len(pages))

    async def _show_matches(
        self, interaction: discord.Interaction[Client], keywords: str, days: int, focus: Focus
    ) -> None:
        preview = await interaction.client.services.search.preview(keywords, days=days, focus=focus)
        pages = await asyncio.to_thread(answers.preview, preview)  # marks what matched in many abstracts
        await answer(interaction, pages, buttons=PreviewButton.below(preview))


def _page(shown: next_post.PreviewPage) -> Page:
    if shown.message is None:
        return Page(shown.embed or discord.Embed())
    parts = to_discord(shown.message)
    first, *others = parts.embeds
    items = tuple(parts.view.children) if parts.view else ()
    return Page(first, items, content=shown.text, others=tuple(others))


def _check_next_post(
    interaction: discord.Interaction[Client], *, only_with_keywords: tuple[object, ...]
) -> None:
    """Checks that a channel's next post can be meant where no keywords were given.

    Raises:
        UserError: it cannot.
    """
    if any(option is not None for option in only_with_keywords):
        raise UserError(
            "`days` and `focus` are for `keywords`. Give `keywords`, or leave out all three to see the "
            "channel's next post."
        )
    if interaction.guild_id is None:
        raise UserError(
            "Give `keywords` to see which recent papers they match. A channel's next post is only shown in "
            "its server."
        )
