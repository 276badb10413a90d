"""What a usual run tries in the browser: *Try this* in a new sandbox, then a menu, a form, and the theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.visiting import Visitor


async def test_a_newcomer_is_led_from_subscribing_to_an_exported_library_on_a_phone(visitor: Visitor) -> None:
    page, tour, step = (
        visitor.page,
        visitor.page.locator("#tour"),
        visitor.page.locator("[aria-current=step]"),
    )
    await visitor.go("general")
    whole = page.viewport_size
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(step).to_contain_text("Subscribe")
    await tour.get_by_role("button", name="/subscribe").click()
    await visitor.command("subscribe").click()
    await visitor.option("keywords").fill(await page.locator("[data-suggestion]").first.inner_text())
    await visitor.send()
    await expect(step).to_contain_text("Open a paper")
    await tour.get_by_role("button", name="Open a paper").click()
    await visitor.channel.locator(".pointed").wait_for()
    await visitor.choose_first(visitor.channel.locator(".select-trigger", has_text="Open a paper").last)
    await expect(step).to_contain_text("Save it")
    await tour.get_by_role("button", name="Save").click()
    await visitor.channel.locator(".pointed").click()
    await expect(step).to_contain_text("Export")
    await tour.get_by_role("button", name="/my export").click()
    await visitor.command("my export").click()
    await visitor.offer("bibtex").click()
    answer = await visitor.send()
    async with page.expect_download() as download:
        await answer.get_by_role("button", name="Download").click()
    exported = Path(await (await download.value).path()).read_text(encoding="utf-8")
    assert exported.count("@misc{") == 1
    await expect(page.locator("#more")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    saved = await visitor.use_app(visitor.posts.last, "Save papers")
    await expect(saved).to_contain_text("Your library has")
    assert whole
    await page.set_viewport_size(whole)


@pytest.mark.thorough
async def test_setting_up_takes_menus_and_a_form_and_the_theme_can_be_changed(visitor: Visitor) -> None:
    await visitor.go("announcements")
    panel = await visitor.run("setup")
    await panel.locator(".select-trigger").nth(1).click()
    await visitor.channel.get_by_role("option", name="Agents").click()
    await panel.get_by_text("Set up papers").click()  # closes the menu
    await expect(panel).to_contain_text("topic:agents:")
    await panel.get_by_role("button", name="Keywords, time and filter").click()
    form = visitor.channel.get_by_role("dialog")
    await form.get_by_label("Keywords").fill("diffusion model\nagents")
    await form.get_by_role("button", name="Submit").click()
    await expect(panel).to_contain_text("diffusion model: 3 papers")
    await panel.locator(".select-trigger").nth(2).click()
    await visitor.channel.get_by_role("option", name="live").click()
    await expect(panel).to_contain_text("live, as soon as")
    await panel.get_by_role("button", name="Finish").click()
    await expect(visitor.posts).to_have_count(1)
    dark = await visitor.background()
    await visitor.page.get_by_role("button", name="Light theme").click()
    assert dark == "rgb(50, 51, 57)"
    assert await visitor.background() == "rgb(255, 255, 255)"
