from __future__ import annotations

from playwright.async_api import expect

from tests.browser.visiting import Visitor


async def test_the_first_post_stands_there_with_its_pictures_without_a_word_typed(visitor: Visitor) -> None:
    await expect(visitor.posts).to_contain_text("papers from the Daily Papers of")
    pictures = visitor.posts.locator(".embed-card img")
    await expect(pictures).to_have_count(await visitor.cards.count())
    await visitor.see_pictures()
    await expect(visitor.entry("general")).to_be_visible()


async def test_a_person_subscribes_and_what_was_missed_is_posted_at_a_button(visitor: Visitor) -> None:
    await expect(visitor.posts).to_have_count(1)
    await visitor.go("general")
    answer = await visitor.run("subscribe", keywords="language model")
    await expect(answer).to_contain_text("Subscribed")
    await expect(answer).to_contain_text("Only you can see this")
    said = await visitor.click(answer.get_by_role("button", name="older matches"))
    await expect(said).to_contain_text("Posted 5 older papers")
    await expect(visitor.posts).to_have_count(1)
    await expect(await visitor.run("deliver")).to_contain_text("Posted")
    await expect(visitor.posts).to_have_count(2)

    await visitor.pick("unsubscribe")
    await visitor.option("keywords").press_sequentially("lang")
    await visitor.offer("language model").click()
    await expect(visitor.option("keywords")).to_have_value("language model")
    await expect(await visitor.send()).to_contain_text("Unsubscribed")


async def test_setting_up_leads_through_menus_and_a_form(visitor: Visitor) -> None:
    await expect(visitor.posts).to_have_count(1)
    await visitor.go("general")
    panel = await visitor.run("setup")
    await visitor.choose(panel, "general")
    await panel.get_by_role("button", name="Write keywords").click()
    form = visitor.channel.get_by_role("dialog")
    await form.get_by_label("Keywords").fill("diffusion model\nagents")
    await form.get_by_role("button", name="Submit").click()
    await expect(panel).to_contain_text("diffusion model: 3 papers in the last 7 days")
    await panel.get_by_role("button", name="Next").click()
    await visitor.choose(panel, "live")
    await panel.get_by_role("button", name="Next").click()
    await panel.get_by_role("button", name="Finish").click()
    await expect(visitor.posts).to_have_count(1)


async def test_a_member_may_look_but_not_change_anything(visitor: Visitor) -> None:
    await expect(visitor.posts).to_have_count(1)
    await visitor.become("Ben (member)")
    await visitor.type("/")
    await expect(visitor.command("preview")).to_be_visible()
    await expect(visitor.command("subscribe")).to_have_count(0)
    await expect(await visitor.run("preview", keywords="agents")).to_contain_text("matches")


async def test_a_forum_gets_a_post_a_paper_and_each_opens(visitor: Visitor) -> None:
    await expect(visitor.posts).to_have_count(1)
    await visitor.pick("subscribe")
    await visitor.option("keywords").fill("agents")
    await (await visitor.add_option("channel")).fill("reading")
    await visitor.offer("reading-group").click()
    await expect(await visitor.send()).to_contain_text("Subscribed")
    await visitor.pick("deliver")
    await (await visitor.add_option("channel")).fill("reading")
    await visitor.offer("reading-group").click()
    await expect(await visitor.send()).to_contain_text("Posted")
    await visitor.entry("SWE-bench").click()
    await expect(visitor.messages).to_have_count(1)
    await expect(visitor.cards).to_contain_text("SWE-bench")
    await visitor.see_pictures()


async def test_a_person_asks_in_a_direct_message(visitor: Visitor) -> None:
    await expect(visitor.posts).to_have_count(1)
    await visitor.entry("Ada (admin)").click()
    await expect(visitor.channel.locator("#channel-empty")).to_be_visible()
    await expect(await visitor.run("help")).to_contain_text("First steps")
