"""What people do in one sandbox. The tests share its page: each has its own channel, or goes by what it finds."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.visiting import Visitor

pytestmark = [
    pytest.mark.thorough,
]


async def test_a_person_subscribes_gets_a_post_and_unsubscribes(visitor: Visitor) -> None:
    await visitor.go("announcements")
    await visitor.pick("config schedule")
    await (await visitor.add_option("timezone")).press_sequentially("berl")
    await visitor.offer("Europe/Berlin").click()
    await expect(await visitor.send()).to_contain_text("at 09:00 Europe/Berlin")

    answer = await visitor.run("subscribe", keywords="language model")
    await expect(answer).to_contain_text("Subscribed")
    await expect(answer).to_contain_text("Only you can see this")
    reply = await visitor.click(answer.get_by_role("button", name="older matches"))
    # Up to five: the bot may still be reading the older lists.
    await expect(reply).to_contain_text(re.compile(r"Posted [1-5] older papers?"))
    await expect(visitor.posts).to_have_count(1)
    await expect(await visitor.run("deliver")).to_contain_text("Posted")
    await expect(visitor.posts).to_have_count(2)

    await visitor.pick("unsubscribe")
    await visitor.option("keywords").press_sequentially("lang")
    await visitor.offer("language model").click()
    await expect(await visitor.send()).to_contain_text("Unsubscribed")


async def test_a_forum_lists_one_post_per_paper_and_each_opens(visitor: Visitor) -> None:
    await visitor.go("papers")
    for command, options in (("subscribe", {"keywords": "agents"}), ("deliver", {})):
        await visitor.pick(command)
        for name, value in options.items():
            await visitor.option(name).fill(value)
        await (await visitor.add_option("channel")).fill("reading")
        await visitor.offer("reading-group").click()
        await visitor.send()
    await visitor.entry("reading-group").click()
    listed = visitor.page.locator("#posts li")
    await expect(listed).to_have_count(2)
    title = "SWE-bench: Can Language Models Resolve Real-World GitHub Issues?"
    await visitor.open(listed.get_by_role("button").filter(has_text=title), title)
    await expect(visitor.cards).to_contain_text(title)
    await visitor.see_pictures()


async def test_a_member_looks_in_channels_and_in_private_but_changes_nothing(visitor: Visitor) -> None:
    await visitor.go("papers")
    await visitor.become("Ben, member")
    await expect(visitor.posts).to_have_count(1)
    await visitor.type("/")
    await expect(visitor.command("preview")).to_be_visible()
    await expect(visitor.command("subscribe")).to_have_count(0)
    await visitor.pick("preview")
    await (await visitor.add_option("keywords")).fill("agents")
    answer = await visitor.send()
    await expect(answer).to_contain_text("agents matches:")
    await visitor.go("Paperboy")
    await expect(await visitor.run("paper", paper="2310.06770")).to_contain_text("SWE-bench")

    await visitor.become("Ada, admin")
    await visitor.go("papers")
    await expect(visitor.messages.filter(has_text="used /subscribe")).not_to_have_count(0)
    await expect(visitor.messages.filter(has_text="used /preview")).to_have_count(0)


async def test_a_post_is_there_before_anything_is_typed_and_the_next_day_has_the_next(
    visitor: Visitor,
) -> None:
    await visitor.go("papers")
    await expect(visitor.posts).to_contain_text("papers for ")
    await expect(visitor.cards.locator("img")).not_to_have_count(0)
    await visitor.see_pictures()

    await visitor.go("announcements")
    await visitor.page.get_by_role("button", name="Next day").click()
    await expect(visitor.entry("papers")).to_have_attribute("data-unread", "true")
    await expect(visitor.entry("announcements")).to_have_attribute("data-unread", "false")
    await visitor.go("papers")
    await expect(visitor.posts).to_have_count(2)
    await expect(visitor.posts.last).to_contain_text("papers for ")
    await expect(visitor.entry("papers")).to_have_attribute("data-unread", "false")
    await visitor.see_pictures()


async def test_a_missing_permission_blocks_the_channel_and_giving_it_back_resumes_posting(
    visitor: Visitor,
) -> None:
    await visitor.go("papers")
    await expect(visitor.posts).not_to_have_count(0)
    before = await visitor.posts.count()
    await visitor.pick("config notices")
    await visitor.option("channel").fill("general")
    await visitor.offer("general").click()
    await visitor.send()
    await visitor.page.get_by_role("button", name="Permissions and roles").click()
    allowed = visitor.page.get_by_label("Send Messages", exact=True)
    await allowed.uncheck()
    await expect(allowed).not_to_be_checked()
    await visitor.page.get_by_role("button", name="Close").click()
    await visitor.page.get_by_role("button", name="Next day").click()
    await expect(visitor.entry("general")).to_have_attribute("data-unread", "true")
    await visitor.go("general")
    await expect(visitor.posts.filter(has_text="Send Messages")).to_have_count(1)
    await visitor.go("papers")
    await expect(visitor.posts).to_have_count(before)
    await visitor.page.get_by_role("button", name="Permissions and roles").click()
    await allowed.check()
    await visitor.page.get_by_role("button", name="Close").click()
    await expect(visitor.posts).to_have_count(before + 1)
