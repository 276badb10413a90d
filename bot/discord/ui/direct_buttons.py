"""The buttons below direct messages with papers, and below answers on them, for the person who presses."""

from __future__ import annotations

from typing import Any, Final

import discord
from typing_extensions import override

from bot.core.ids import UserId
from bot.discord.answers import follows as answers
from bot.discord.ui.components import PersistentItem, SafeModal, client_of, typed_in
from bot.discord.ui.error_handler import answer_failure
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import defer_personally
from bot.services.follows.personal_feed import PersonalFeedState, ResumedFeed

_FORM_ID: Final = "times-direct"
_LAST_ROW: Final = 4


class StopButton(PersistentItem, template="stop-direct"):
    """Pauses the direct messages of the person who presses it."""

    def __init__(self) -> None:
        super().__init__(discord.ui.Button(label="Stop", custom_id="stop-direct", row=_LAST_ROW))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        state = await client_of(interaction).services.personal_feeds.pause(_user(interaction))
        embed = answers.paused(state, title="Stopped")
        await answer(interaction, [embed], buttons=[ResumeButton(label="Undo")])


class ChangeButton(PersistentItem, template="change-direct"):
    """Shows what the person who presses it follows, and what can be changed."""

    def __init__(self) -> None:
        super().__init__(discord.ui.Button(label="What I follow", custom_id="change-direct", row=_LAST_ROW))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        await show_feed(interaction)


class ResumeButton(PersistentItem, template="resume-direct"):
    """Resumes the direct messages of the person who presses it."""

    def __init__(self, *, label: str = "Resume") -> None:
        style = discord.ButtonStyle.primary
        super().__init__(discord.ui.Button(label=label, style=style, custom_id="resume-direct"))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        services = client_of(interaction).services
        result = await services.personal_feeds.resume(_user(interaction))
        embed = answers.resumed(result, now=services.clock())
        await answer(interaction, [embed], buttons=below_resume(result))


class ChangeTimesButton(PersistentItem, template="times-direct"):
    """Opens a form for the schedule of the person who presses it."""

    def __init__(self) -> None:
        super().__init__(discord.ui.Button(label="Change schedule", custom_id="times-direct"))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(_TimesForm())


class _TimesForm(SafeModal):
    """What is sent is handled by `answer_form`, so that a form that is older than the process works too."""

    def __init__(self) -> None:
        super().__init__(title="When papers are sent", custom_id=_FORM_ID)
        fields = {
            "time": ("Time", "Such as 17:30, 8am or noon"),
            "timezone": ("Time zone", "A city, such as Berlin"),
            "weekdays": ("Days", "Such as Mon-Fri, mon wed, or every day"),
        }
        for name, (label, example) in fields.items():
            field = discord.ui.TextInput[Any](
                custom_id=name, placeholder=example, required=False, max_length=100
            )
            self.add_item(
                discord.ui.Label(
                    text=label, description="Leave empty to keep the current value", component=field
                )
            )


async def answer_form(interaction: discord.Interaction) -> None:
    """Changes the schedule as the form says; ignores other interactions."""
    typed = typed_in(interaction, _FORM_ID)
    if typed is None:
        return
    try:
        await defer_personally(interaction)
        await change_schedule(
            interaction,
            time=typed.get("time") or None,
            timezone=typed.get("timezone") or None,
            weekdays=typed.get("weekdays") or None,
        )
    except Exception as error:  # noqa: BLE001 - the error handler of the form
        await answer_failure(interaction, error)


async def change_schedule(
    interaction: discord.Interaction, *, time: str | None, timezone: str | None, weekdays: str | None
) -> None:
    """Answers a deferred interaction with the changed schedule; with the feed where nothing is given."""
    services = client_of(interaction).services
    if not (time or timezone or weekdays):
        await show_feed(interaction)
        return
    state = await services.personal_feeds.schedule(
        user_id=_user(interaction), time=time, timezone=timezone, weekdays=weekdays
    )
    await answer(interaction, [answers.rescheduled(state, now=services.clock())])


async def show_feed(interaction: discord.Interaction) -> None:
    """Answers a deferred interaction with what the person follows, and buttons to change it."""
    services = client_of(interaction).services
    state = await services.personal_feeds.state(_user(interaction))
    await answer(interaction, answers.feed(state, now=services.clock()), buttons=_below_feed(state))


def below_resume(result: ResumedFeed) -> list[ResumeButton]:
    """The button that tries again, if nothing reaches the person."""
    return [ResumeButton(label="Try again")] if result.greeting and result.greeting.refusal else []


def stop_and_change() -> list[PersistentItem]:
    """The buttons below the greeting, and below the last message of each delivery."""
    return [StopButton(), ChangeButton()]


def _below_feed(state: PersonalFeedState | None) -> list[PersistentItem]:
    if state is None or not state.follows:
        return []
    if state.feed.block is not None:
        return [ResumeButton(label="Try again"), ChangeTimesButton()]
    if state.feed.settings.is_paused:
        return [ResumeButton(), ChangeTimesButton()]
    return [ChangeTimesButton(), StopButton()]


def _user(interaction: discord.Interaction) -> UserId:
    return UserId(interaction.user.id)
