"""/my follow, unfollow, feed, schedule, pause and resume: papers by direct message."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.focus import Focus
from bot.core.ids import UserId
from bot.discord.answers import follows as answers
from bot.discord.ui.direct_buttons import ResumeButton, answer_form, below_resume, change_schedule, show_feed
from bot.discord.ui.follow_buttons import UndoUnfollowButton, below_follow
from bot.discord.ui.follow_like_buttons import answer_follow_form
from bot.discord.ui.options import (
    FocusChoice,
    Keywords,
    ShortText,
    choices,
    complete_time,
    complete_timezone,
    complete_weekdays,
)
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import defer_personally


class FollowCommands(commands.Cog):
    """A base of `MyCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command()
    @app_commands.describe(
        keywords="What to look for, such as: diffusion model, RLHF AND reward. Commas separate queries",
        focus="How close to the topic: exact, strict, balanced (other words, too), broad (default: exact)",
    )
    async def follow(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        focus: FocusChoice | None = None,
    ) -> None:
        """Get papers that match keywords by direct message."""
        await defer_personally(interaction)
        services = interaction.client.services
        result = await services.follows.follow(
            keywords, user_id=UserId(interaction.user.id), focus=Focus(focus) if focus else None
        )
        embeds = answers.followed(result, now=services.clock())
        await answer(interaction, embeds, buttons=below_follow(result))

    @app_commands.command()
    @app_commands.describe(keywords="What to stop following, or: all of them")
    async def unfollow(self, interaction: discord.Interaction[Client], keywords: Keywords) -> None:
        """Stop following keywords."""
        await defer_personally(interaction)
        services = interaction.client.services
        result = await services.follows.unfollow(keywords, user_id=UserId(interaction.user.id))
        embeds = answers.unfollowed(result, now=services.clock())
        await answer(interaction, embeds, buttons=[UndoUnfollowButton(result.key)])

    @unfollow.autocomplete("keywords")
    async def _complete_followed(
        self, interaction: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        return choices(
            await interaction.client.services.follows.offered(current, user_id=UserId(interaction.user.id))
        )

    @app_commands.command()
    async def feed(self, interaction: discord.Interaction[Client]) -> None:
        """Show what you follow and when papers come next."""
        await defer_personally(interaction)
        await show_feed(interaction)

    @app_commands.command()
    @app_commands.describe(
        time="The time at which papers are sent, such as 17:30, 8am or noon",
        timezone="The time zone of that time. Type a city to find it",
        weekdays="The days on which papers are sent, such as Mon-Fri, mon wed, weekdays or every day",
    )
    @app_commands.autocomplete(time=complete_time, timezone=complete_timezone, weekdays=complete_weekdays)
    async def schedule(
        self,
        interaction: discord.Interaction[Client],
        time: ShortText | None = None,
        timezone: ShortText | None = None,
        weekdays: ShortText | None = None,
    ) -> None:
        """Set when your papers come."""
        await defer_personally(interaction)
        await change_schedule(interaction, time=time, timezone=timezone, weekdays=weekdays)

    @app_commands.command()
    async def pause(self, interaction: discord.Interaction[Client]) -> None:
        """Stop direct messages with papers until you resume them."""
        await defer_personally(interaction)
        state = await interaction.client.services.personal_feeds.pause(UserId(interaction.user.id))
        await answer(interaction, [answers.paused(state)], buttons=[ResumeButton()])

    @app_commands.command()
    async def resume(self, interaction: discord.Interaction[Client]) -> None:
        """Resume direct messages with papers after a pause, or after Discord refused them."""
        await defer_personally(interaction)
        services = interaction.client.services
        result = await services.personal_feeds.resume(UserId(interaction.user.id))
        embed = answers.resumed(result, now=services.clock())
        await answer(interaction, [embed], buttons=below_resume(result))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await answer_form(interaction)
        await answer_follow_form(interaction)
