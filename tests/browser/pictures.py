"""The README's pictures, taken of the sandbox's page with the sample's papers: `make pictures`.

It stands among the browser tests because it does what they do, with their visitor, and needs what they need.
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image
from playwright.async_api import FloatRect, Locator, Page, expect

from tests.browser import chromium
from tests.browser.visiting import Visitor, browsing, sandbox_process, visiting
from tests.process.running import ROOT

_FOLDER: Final = ROOT / "docs" / "pictures"
_WIDTH: Final = 1200
_HEIGHT: Final = 900
_SCALE: Final = 2
_MARGIN: Final = 16
_GAP: Final = 8  # less than there is between two cards
# As if by a key: the page follows what is new only until somebody scrolls.
_TO_THE_TOP: Final = """post => {
    post.dispatchEvent(new Event("keydown", { bubbles: true }));
    post.scrollIntoView({ block: "start" });
}"""
# One message and the ground it stands on.
_ALONE: Final = """
    #toolbar, .channel-header, .channel-composer, .timeline-day-divider, .message-context-actions,
    .channel-message:not([data-message-id="{{id}}"]) { visibility: hidden !important; }
    .channel-message { background: none !important; }
"""
_COLORS: Final = 256
_MOST_BYTES: Final = 250_000


async def take_pictures(visitor: Visitor) -> None:
    """Goes through the sandbox as a newcomer would, and takes the pictures for the README."""
    await expect(visitor.posts).to_have_count(1)
    await visitor.page.get_by_role("button", name="Hide suggestions").click()
    await visitor.posts.evaluate(_TO_THE_TOP)
    await visitor.see_pictures()
    await visitor.page.set_viewport_size({"width": _WIDTH, "height": await _height_for_cards(visitor, 2)})
    await _take("post", visitor.page)
    await visitor.page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
    await visitor.choose_first(visitor.channel.locator(".select-trigger").last)
    opened = visitor.messages.last
    await expect(opened.get_by_role("button", name="More like this")).to_be_visible()
    await _take("open", visitor.page, opened)

    await visitor.go("announcements")
    panel = await _set_up(visitor, bundle="Image and video generation")
    await _take("setup", visitor.page, panel)
    await visitor.go("general")
    keywords = "vision-language model, agents AND benchmark, author:Tri Dao"
    await _take("subscribe", visitor.page, await visitor.run("subscribe", keywords=keywords))
    await visitor.pick("config filter")
    await (await visitor.add_option("min_upvotes")).fill("100")
    await visitor.send()
    await _take("explain", visitor.page, await visitor.run("explain", paper="2310.06770"))


async def _height_for_cards(visitor: Visitor, count: int) -> int:
    """How high the window is if it ends below a card and cuts none."""
    card = await visitor.cards.nth(count - 1).bounding_box()
    composer = await visitor.channel.locator("#channel-composer").bounding_box()
    assert card
    assert composer
    return round(_HEIGHT - composer["y"] + card["y"] + card["height"] + _GAP)


async def _set_up(visitor: Visitor, *, bundle: str) -> Locator:
    panel = await visitor.run("setup")
    await panel.locator(".select-trigger").nth(1).click()
    await visitor.channel.get_by_role("option", name=bundle).click()
    await panel.get_by_text("Set up papers").click()  # closes the menu
    await expect(panel).to_contain_text("subscriptions, matching")
    return panel


async def _take(name: str, page: Page, message: Locator | None = None) -> None:
    """The whole page, or one message of it."""
    await page.mouse.move(0, 0)
    if message is None:
        _save(name, await page.screenshot(animations="disabled"))
        return
    await message.scroll_into_view_if_needed()
    style = _ALONE.replace("{{id}}", await message.get_attribute("data-message-id") or "")
    clip = await _around(message)
    _save(name, await page.screenshot(clip=clip, style=style, animations="disabled"))


async def _around(message: Locator) -> FloatRect:
    """What the message takes up, as wide as its embed, with the same margin on all sides."""
    whole, embed = await message.bounding_box(), await message.locator(".embed-card").first.bounding_box()
    avatar = await message.locator(".message-avatar").bounding_box()
    assert whole
    assert embed
    assert avatar
    left, right = avatar["x"], embed["x"] + embed["width"]
    return {
        "x": left - _MARGIN,
        "y": whole["y"] - _MARGIN,
        "width": right - left + 2 * _MARGIN,
        "height": whole["height"] + 2 * _MARGIN,
    }


def _save(name: str, png: bytes) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    file = _FOLDER / f"{name}.png"
    # Of the ways to choose colors the one that hits both the large grounds and the small emoji.
    few = picture.quantize(_COLORS, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}: {picture.width} × {picture.height}, {size // 1000} kB")
    if size > _MOST_BYTES:
        raise SystemExit(f"{file.name} has {size} bytes; no more than {_MOST_BYTES} go into the README")


async def main() -> None:
    found = chromium.find_chromium()
    if found is None:
        raise SystemExit("the pictures need Chromium: apt-get install chromium")
    _FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        async with (
            sandbox_process(Path(folder)) as url,
            browsing(found) as browser,
            visiting(
                url,
                browser,
                viewport={"width": _WIDTH, "height": _HEIGHT},
                device_scale_factor=_SCALE,
                bypass_csp=True,  # for the style of one message alone
            ) as visitor,
        ):
            await take_pictures(visitor)


if __name__ == "__main__":
    asyncio.run(main())
