"""Answers over one page or several, with buttons to turn them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import discord
from typing_extensions import override

from bot.core.markdown import length
from bot.discord.embeds import MessageParts
from bot.discord.failures import answer_failure

COLOUR = 0xFFD21E  # Hugging Face's yellow
LONGEST_PAGE = 3_000  # characters; Discord takes 4,096 in a description, but nobody reads that on a phone
MOST_LINES = 15
# Follow-ups to a command work for 15 minutes; the buttons go a moment earlier.
TURNING_SECONDS = 14 * 60.0


class AnswerView(discord.ui.View):
    """A view whose errors go where a command's do."""

    @override
    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item[AnswerView], /
    ) -> None:
        await answer_failure(interaction, error)


class Pager(AnswerView):
    """Turns the pages of one answer. Whoever sees the answer may turn them, until they are put away."""

    def __init__(self, pages: Sequence[discord.Embed]) -> None:
        super().__init__(timeout=TURNING_SECONDS)
        self._pages = pages
        self._shown = 0
        self.message: discord.Message | None = None
        self._show()

    @discord.ui.button(label="Previous", emoji="◀️")
    async def previous(self, interaction: discord.Interaction, _: discord.ui.Button[Pager]) -> None:
        await self._turn(interaction, -1)

    @discord.ui.button(label="Next", emoji="▶️")
    async def next(self, interaction: discord.Interaction, _: discord.ui.Button[Pager]) -> None:
        await self._turn(interaction, 1)

    @override
    async def on_timeout(self) -> None:
        if self.message is not None:
            try:
                await self.message.edit(view=None)
            except discord.HTTPException:
                return  # deleted or dismissed: there is nothing left to put away

    async def _turn(self, interaction: discord.Interaction, by: int) -> None:
        self._shown = min(max(self._shown + by, 0), len(self._pages) - 1)
        self._show()
        await interaction.response.edit_message(embed=self._pages[self._shown], view=self)

    def _show(self) -> None:
        self.previous.disabled = self._shown == 0
        self.next.disabled = self._shown == len(self._pages) - 1


def pages(
    lines: Iterable[str], *, title: str, intro: str = "", footer: str = "", empty: str = ""
) -> list[discord.Embed]:
    """Lines of markdown as embeds of at most MOST_LINES lines and LONGEST_PAGE characters each.

    Args:
        lines: one entry each, never broken.
        title: of every page, in plain words of ours.
        intro: stands above the lines of the first page.
        footer: stands below the lines of the last page, as markdown.
        empty: stands in place of the lines where there are none.
    """
    groups: list[list[str]] = [[]]
    size = length(intro)
    for line in lines:
        if groups[-1] and (len(groups[-1]) == MOST_LINES or size + length(line) > LONGEST_PAGE):
            groups.append([])
            size = 0
        groups[-1].append(line)
        size += length(line) + 1
    if not groups[-1] and empty:
        groups[-1].append(empty)
    bodies = ["\n".join(group) for group in groups]
    bodies[0] = "\n\n".join(filter(None, (intro, bodies[0])))
    bodies[-1] = "\n\n".join(filter(None, (bodies[-1], footer)))
    embeds = [discord.Embed(title=title, description=body, colour=COLOUR) for body in bodies]
    if len(embeds) > 1:
        for number, embed in enumerate(embeds, start=1):
            embed.set_footer(text=f"Page {number} of {len(embeds)}")
    return embeds


async def answer(
    interaction: discord.Interaction, embeds: Sequence[discord.Embed], *, view: discord.ui.View | None = None
) -> None:
    """Answers a deferred command: with the page, or with the first of several and buttons to turn them.

    Args:
        interaction: deferred; whether the answer is seen by one person was said there.
        embeds: the pages.
        view: buttons of the answer's own; with several pages they stand below the pager's.
    """
    if len(embeds) == 1:
        shown = view or discord.utils.MISSING
        await interaction.followup.send(embed=embeds[0], view=shown)
        return
    pager = Pager(embeds)
    for item in view.children if view else ():
        pager.add_item(item)
    pager.message = await interaction.followup.send(embed=embeds[0], view=pager, wait=True)


async def answer_with(interaction: discord.Interaction, parts: MessageParts) -> None:
    """Answers a deferred command with a message as a channel would get it."""
    view = parts.view or discord.utils.MISSING
    await interaction.followup.send(parts.content, embeds=parts.embeds, view=view)
