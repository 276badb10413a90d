"""Replies to commands, buttons and forms.

Discord waits three seconds for the first response, so every interaction is deferred before any work. An edit
then replaces "thinking…", which is ephemeral or public. Only later messages are follow-ups, and each of them
says whether it is ephemeral.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.discord.command_mentions import clickable, mentions_of

_IS_PUBLIC = "is_public"
_IS_PERSONAL = "is_personal"
_IS_COMPLETE = "is_complete"


async def defer_publicly(interaction: discord.Interaction) -> None:
    """Defers a public answer; an error after this is still shown only to the user."""
    interaction.extras[_IS_PUBLIC] = True
    await interaction.response.defer()


async def defer_personally(interaction: discord.Interaction) -> None:
    """Defers an ephemeral answer that needs no right: it concerns only the person, not the server."""
    interaction.extras[_IS_PERSONAL] = True
    await interaction.response.defer(ephemeral=True, thinking=True)


def is_personal(interaction: discord.Interaction) -> bool:
    """Whether the answer depends on no permission."""
    return bool(interaction.extras.get(_IS_PERSONAL))


def is_public(interaction: discord.Interaction) -> bool:
    """Whether everyone may read the answer."""
    return bool(interaction.extras.get(_IS_PUBLIC))


def is_thinking(interaction: discord.Interaction) -> bool:
    """Whether the user sees "thinking…"."""
    is_deferred = interaction.response.type is discord.InteractionResponseType.deferred_channel_message
    return is_deferred and not interaction.extras.get(_IS_COMPLETE)


async def reply(
    interaction: discord.Interaction,
    content: str | None = None,
    *,
    embeds: Sequence[discord.Embed] = (),
    view: discord.ui.View | None = None,
    files: Sequence[discord.File] = (),
) -> None:
    """Answers an interaction that was deferred.

    The first answer replaces "thinking…", and each later one is a message for the same readers. For a button
    or menu deferred as an update, every answer replaces the message that it belongs to.
    """
    is_update = interaction.response.type is discord.InteractionResponseType.deferred_message_update
    if is_update or is_thinking(interaction):
        await _complete(interaction, content, embeds=embeds, view=view, files=files)
    else:
        await _follow_up(
            interaction, content, embeds=embeds, view=view, files=files, ephemeral=not is_public(interaction)
        )


async def tell(interaction: discord.Interaction, text: str, *, is_acknowledged: bool = False) -> None:
    """Answers with an ephemeral message at any stage of the interaction; earlier answers stay.

    `is_acknowledged` says that Discord has the acknowledgement, although its response was lost.
    """
    mentions = discord.AllowedMentions.none()
    text = mentions_of(interaction.client).in_text(text)
    waits = is_thinking(interaction) or is_acknowledged
    if not interaction.response.is_done() and not is_acknowledged:
        await interaction.response.send_message(text, ephemeral=True, allowed_mentions=mentions)
    elif waits and not is_public(interaction):
        await _complete(interaction, text)
    else:
        if waits:
            # A public "thinking…" cannot become private: it is completed, then deleted. Should the deletion
            # fail, the person has still seen the answer.
            await _complete(interaction, text)
            await interaction.delete_original_response()
        await _follow_up(interaction, text, ephemeral=True)


async def _complete(
    interaction: discord.Interaction,
    content: str | None,
    *,
    embeds: Sequence[discord.Embed] = (),
    view: discord.ui.View | None = None,
    files: Sequence[discord.File] = (),
) -> None:
    await interaction.edit_original_response(
        content=content and mentions_of(interaction.client).in_text(content),
        embeds=clickable(interaction.client, embeds),
        view=view,
        attachments=files,
        allowed_mentions=discord.AllowedMentions.none(),
    )
    interaction.extras[_IS_COMPLETE] = True


async def _follow_up(
    interaction: discord.Interaction,
    content: str | None,
    *,
    embeds: Sequence[discord.Embed] = (),
    view: discord.ui.View | None = None,
    files: Sequence[discord.File] = (),
    ephemeral: bool,
) -> None:
    await interaction.followup.send(
        mentions_of(interaction.client).in_text(content) if content else discord.utils.MISSING,
        embeds=clickable(interaction.client, embeds) or discord.utils.MISSING,
        view=view or discord.utils.MISSING,
        files=files or discord.utils.MISSING,
        ephemeral=ephemeral,
        allowed_mentions=discord.AllowedMentions.none(),
    )
