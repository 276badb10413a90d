"""What leads to a /setup panel: the button that opens one, and its form, once it is sent."""

from __future__ import annotations

import discord
from typing_extensions import override

from bot.core.drafts import Field
from bot.discord.ui.components import PersistentItem, typed_in
from bot.discord.ui.error_handler import answer_failure
from bot.discord.ui.setup_components import PANEL_ID
from bot.discord.ui.setup_panel import Panel


class SetUpButton(PersistentItem, template=r"setup"):
    """Opens a panel for the user who presses it."""

    def __init__(self) -> None:
        super().__init__(
            discord.ui.Button(label="Set up", style=discord.ButtonStyle.primary, custom_id="setup")
        )

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await Panel.start(interaction)


async def answer_form(interaction: discord.Interaction) -> None:
    """Passes a form to its panel; ignores other interactions."""
    custom_id = str((interaction.data or {}).get("custom_id", ""))
    match, typed = PANEL_ID.fullmatch(custom_id), typed_in(interaction, custom_id)
    if match is None or typed is None:
        return
    try:
        panel = await Panel.with_key(interaction, match["key"])
        await panel.handle_form(interaction, {field: typed.get(field, "") for field in Field})
    except Exception as error:  # noqa: BLE001 - the error handler of the form
        await answer_failure(interaction, error)
