"""How keywords were read, hints on them, and the buttons that do what a hint says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.discord.answers.hints import instead_label, preview_label
from bot.discord.ui.button_keywords import ButtonKeywords, in_ranges, of_ranges
from bot.errors import UserError
from tests.cogs.rights import overwrite
from tests.cogs.test_acknowledging import twice
from tests.world import World, text_of


async def listed(world: World, *titles: str, **fields: Any) -> None:
    """Papers with these titles, all listed yesterday."""
    for number, title in enumerate(titles):
        day = world.today - timedelta(days=1)
        world.list_paper(f"2608.{number:05}", day=day, title=title, summary="…", **fields)
    await world.read_archive()


async def subscribe(world: World, keywords: str) -> Any:
    return await world.admin.slash(world.channel, "subscribe", keywords=keywords)


def labels(result: Any) -> list[str]:
    return [item["label"] for row in result.response.components for item in row["components"]]


@pytest.mark.thorough
async def test_several_terms_are_said_in_words_everywhere(world: World) -> None:
    await listed(world, "Agents and a benchmark", "A benchmark of agents: a survey")
    read = "Read as: papers with “agent” and “benchmark”, without “survey”"

    typed = "agents -survey benchmark"
    assert read in text_of(await subscribe(world, typed))
    assert read in text_of(await world.admin.slash(world.channel, "preview", keywords=typed))
    assert read in text_of(await world.admin.slash(world.channel, "subscriptions"))


async def test_one_term_says_enough(world: World) -> None:
    assert "Read as" not in text_of(await subscribe(world, "diffusion models"))
    assert "Read as" not in text_of(await world.admin.slash(world.channel, "subscriptions"))


@pytest.mark.thorough
async def test_an_acronym_says_how_many_its_long_form_adds(world: World) -> None:
    await listed(world, "RL for all", "Reinforcement learning", "Deep reinforcement learning", "Video")

    answer = text_of(await subscribe(world, "RL"))

    assert "Read as: RL, also “reinforcement learning”: 2 more in the archive" in answer


async def test_a_misspelt_word_is_replaced_by_one_press(world: World) -> None:
    await listed(world, "Diffusion models", "Fast diffusion models", "Tea")

    shown = await subscribe(world, "diffussion models")

    answer = text_of(shown)
    assert "No paper in the archive has `diffussion`. Did you mean `diffusion models`? It finds 2." in answer
    pressed = await world.admin.click(shown.response, label="Use diffusion models instead")
    answer = text_of(pressed)
    assert "Subscription replaced" in answer
    assert f"<#{world.channel.id}>: `diffussion models` → `diffusion models`" in answer
    assert "Next post:" in answer
    assert await world.subscriptions() == ["diffusion models"]


@pytest.mark.thorough
async def test_a_misspelt_alternative_is_found_beside_one_that_finds_papers(world: World) -> None:
    await listed(world, "Diffusion", "Video")

    answer = text_of(await subscribe(world, "video OR diffussion"))

    assert "Did you mean `video OR diffusion`? It finds 2." in answer


@pytest.mark.thorough
async def test_a_word_that_papers_have_is_not_misspelt(world: World) -> None:
    await listed(world, "Diffusion", "Diffusions", "Diffussion")

    assert "Did you mean" not in text_of(await subscribe(world, "diffussion"))


@pytest.mark.thorough
async def test_hints_and_numbers_are_of_all_papers_that_the_bot_has(world: World) -> None:
    long_ago = world.today - timedelta(days=90)
    for number, title in enumerate(("Diffusion models", "Reinforcement learning")):
        world.list_paper(f"2605.{number:05}", day=long_ago, title=title, summary="…")
    await world.services.polling.read_day(long_ago)
    await world.read_archive()

    assert "Did you mean `diffusion`? It finds 1." in text_of(await subscribe(world, "diffussion"))
    answer = text_of(await world.admin.slash(world.channel, "preview", keywords="RL"))
    assert "No paper from the last 7 days matches `RL`." in answer
    assert "RL, also “reinforcement learning”: 1 more in the archive" in answer


@pytest.mark.thorough
async def test_a_word_like_no_other_gets_no_hint(world: World) -> None:
    await listed(world, "Diffusion models")

    assert "💡" not in text_of(await subscribe(world, "quaternion"))


@pytest.mark.thorough
async def test_an_operator_in_lower_case_is_hinted_at_with_both_numbers(world: World) -> None:
    await listed(world, "Agents need a benchmark", "A benchmark of agents", "Agents")

    answer = text_of(await subscribe(world, "agents and benchmark"))

    assert "`agents AND benchmark` finds 2 papers in the archive; what you typed finds none." in answer


@pytest.mark.thorough
async def test_a_phrase_that_is_one_gets_no_hint(world: World) -> None:
    await listed(world, "Search and rescue", "Search and rescue again", "Search, then rescue")

    assert "💡" not in text_of(await subscribe(world, "search and rescue"))


@pytest.mark.thorough
async def test_a_phrase_that_finds_little_is_compared_with_its_words(world: World) -> None:
    await listed(world, *(f"Agents number {n}: an LLM benchmark" for n in range(5)))

    shown = await world.admin.slash(world.channel, "preview", keywords="LLM agents benchmark")

    answer = text_of(shown)
    assert "`LLM agents benchmark` is a phrase, which finds none in the archive." in answer
    assert "`LLM AND agents AND benchmark` finds the words anywhere: 5 papers." in answer
    pressed = await world.admin.click(shown.response, label="Preview LLM AND agents AND benchmark")
    assert "Preview: 5 papers" in text_of(pressed)
    assert "💡" not in text_of(pressed)


@pytest.mark.thorough
async def test_a_phrase_that_finds_enough_gets_no_hint(world: World) -> None:
    await listed(world, *(f"An LLM agents benchmark {n}" for n in range(5)))

    assert "💡" not in text_of(
        await world.admin.slash(world.channel, "preview", keywords="LLM agents benchmark")
    )


@pytest.mark.thorough
async def test_a_beginning_that_finds_many_more_is_one_press_away(world: World) -> None:
    await listed(world, "A tokenizer", "Tokenizing", "Tokenization", "Tokenized video")

    shown = await subscribe(world, "tokenizer")

    assert "`tokeniz*` finds every word that starts like this: 4 papers" in text_of(shown)
    assert labels(shown)[0] == "Use tokeniz* instead"
    await world.admin.click(shown.response, label="Use tokeniz* instead")
    assert await world.subscriptions() == ["tokeniz*"]


@pytest.mark.thorough
async def test_a_beginning_that_finds_no_more_is_not_hinted_at(world: World) -> None:
    await listed(world, "A tokenizer", "Tokenizers", "Tokens")

    assert "💡" not in text_of(await subscribe(world, "tokenizer"))


@pytest.mark.thorough
async def test_a_beginning_that_most_papers_have_is_not_hinted_at(world: World) -> None:
    await listed(world, "Reasoning", *(f"A reason {n}" for n in range(12)))

    assert "reason*" not in text_of(await subscribe(world, "reasoning"))


@pytest.mark.thorough
async def test_two_words_where_one_was_typed(world: World) -> None:
    await listed(world, "Finetuning", "Fine tuning", "Fine-tuning")

    answer = text_of(await subscribe(world, "finetuning"))

    assert "`finetuning` does not find it as two words." in answer
    assert "`fine-tuning` does: 3 papers in the archive instead of 2." in answer


@pytest.mark.thorough
async def test_two_words_are_not_hinted_at_where_no_paper_has_them(world: World) -> None:
    await listed(world, "Finetuning", "Fine art", "Tuning", "Fine-tuning")

    assert "💡" not in text_of(await subscribe(world, "finetuning"))


@pytest.mark.thorough
async def test_words_behind_an_organization_are_searched_as_words(world: World) -> None:
    await listed(
        world, "Diffusion", "Video", outer={"organization": {"name": "nvidia", "fullname": "NVIDIA"}}
    )

    answer = text_of(await subscribe(world, "org:nvidia diffusion"))

    assert "`org:nvidia diffusion` is one name, and no paper in the archive has it." in answer
    assert "`org:nvidia AND diffusion` finds 1 paper." in answer


@pytest.mark.thorough
async def test_a_surname_in_front_is_hinted_at(world: World) -> None:
    await listed(world, "ResNets", authors=("Kaiming He",))

    shown = await subscribe(world, "author:He, Kaiming")

    assert "`author:Kaiming He` finds 1 paper" in text_of(shown)
    await world.admin.click(shown.response, label="Use author:Kaiming He instead")
    assert await world.subscriptions() == ["author:Kaiming He"]


@pytest.mark.thorough
async def test_an_author_and_a_keyword_are_no_name(world: World) -> None:
    await listed(world, "Diffusion", authors=("Kaiming He",))

    assert "💡" not in text_of(await subscribe(world, "author:He, diffusion"))


@pytest.mark.thorough
async def test_a_minus_that_reaches_only_the_last_keyword(world: World) -> None:
    await listed(world, "Agents: a survey", "Agents", "Tools")

    shown = await subscribe(world, "agents, tools -survey")

    answer = text_of(shown)
    assert "`-survey` applies only to the last keyword." in answer
    assert "`agents -survey, tools -survey` applies it to all: 1 fewer paper in the archive." in answer
    pressed = text_of(
        await world.admin.click(shown.response, label="Use agents -survey, tools -survey instead")
    )
    assert "`agents` → `agents -survey`" in pressed
    assert sorted(await world.subscriptions()) == ["agents -survey", "tools -survey"]


@pytest.mark.thorough
async def test_capitals_that_are_a_common_word(world: World) -> None:
    await listed(world, "IT for hospitals", *(f"It is number {n}" for n in range(12)))

    answer = text_of(await subscribe(world, "IT"))

    assert '`IT` is found in any case: 13 of 13 papers in the archive. `"IT"` finds only' in answer


@pytest.mark.thorough
async def test_no_answer_has_more_than_two_hints(world: World) -> None:
    await listed(world, "Diffusion", "Video", "Tokenizing", "Tokenized", "Tokenization", "Fine tuning")

    answer = text_of(await subscribe(world, "diffussion, vidoe, tokenizer, finetuning, a | b"))

    assert answer.count("💡") == 2


@pytest.mark.thorough
async def test_a_button_with_long_keywords_works_after_a_restart(world: World) -> None:
    await listed(world, "Diffusion")
    wanted = " OR ".join(f"some other words {n}" for n in range(5)) + ' OR title:(it\'s "THIS")'
    shown = (await subscribe(world, f"diffussion OR {wanted}")).response
    previewed = await world.admin.slash(world.channel, "preview", keywords=f"diffussion OR {wanted}")
    await world.restart()

    await world.admin.click(shown, label=instead_label(f"diffusion OR {wanted}"))
    again = await world.admin.click(previewed.response, label=preview_label(f"diffusion OR {wanted}"))

    assert await world.subscriptions() == [f"diffusion OR {wanted}"]
    assert "Preview: 1 paper" in text_of(again)


def test_long_keywords_that_a_message_does_not_have_are_not_guessed() -> None:
    keywords = ButtonKeywords("", ButtonKeywords("x" * 100).id_behind("preview:7")[-16:])
    with pytest.raises(UserError, match="on this page"):
        keywords.in_message(None)


@pytest.mark.parametrize("ids", [[3], [3, 4], [3, 4, 5, 9], [1, 3, 5]])
def test_the_ids_of_a_button_are_short(ids: list[int]) -> None:
    assert of_ranges(in_ranges(ids)) == ids
    assert in_ranges(range(10, 30)) == "10-29"


@pytest.mark.thorough
async def test_the_button_works_after_a_restart(world: World) -> None:
    await listed(world, "Diffusion")
    shown = (await subscribe(world, "diffussion")).response
    await world.restart()

    await world.admin.click(shown, label="Use diffusion instead")

    assert await world.subscriptions() == ["diffusion"]


async def test_what_was_replaced_already_is_not_replaced_again(world: World) -> None:
    await listed(world, "Diffusion")
    shown = [(await subscribe(world, "diffussion")).response for _ in range(2)]
    await world.admin.click(shown[0], label="Use diffusion instead")

    answer = text_of(await world.admin.click(shown[1], label="Use diffusion instead"))

    assert "no longer subscribed to that" in answer
    assert await world.subscriptions() == ["diffusion"]


async def test_one_who_may_no_longer_manage_the_channel_replaces_nothing(world: World) -> None:
    await listed(world, "Diffusion")
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.member, manage_channels=True))
    world.guild.set_command_permissions(await world.command("subscribe"), {world.member: True})
    shown = (await world.member.slash(world.channel, "subscribe", keywords="diffussion")).response
    world.env.backend.delete_overwrite(world.channel.id, world.member.id)

    answer = text_of(await world.member.click(shown, label="Use diffusion instead"))

    assert "You need **Manage Channels**" in answer
    assert await world.subscriptions() == ["diffussion"]


async def test_a_replacement_wants_the_same_list_days(world: World) -> None:
    world.list_paper("2608.00001", title="Diffusion")
    await world.run()
    shown = await subscribe(world, "diffussion")
    world.clock.advance(days=1, hours=2)
    world.list_paper("2608.00002", title="Diffusion again")

    await world.admin.click(shown.response, label="Use diffusion instead")
    await world.run()

    assert sorted(world.posted_ids()) == ["2608.00001", "2608.00002"]


async def test_an_undone_subscription_gets_no_hint(world: World) -> None:
    await listed(world, "Diffusion")
    await subscribe(world, "diffussion")
    shown = await world.admin.slash(world.channel, "unsubscribe", keywords="diffussion")

    answer = text_of(await world.admin.click(shown.response, label="Undo"))

    assert "`diffussion` (continued)" in answer
    assert "💡" not in answer


@pytest.mark.thorough
async def test_a_hint_pressed_twice_replaces_once(world: World) -> None:
    await listed(world, "Diffusion")
    shown = (await subscribe(world, "diffussion")).response

    await twice(world, shown, "Use diffusion instead")

    assert await world.subscriptions() == ["diffusion"]


async def mentioned(world: World, *, about: int, mentions: int) -> None:
    """Papers of yesterday that are about video, and some that mention it."""
    for number in range(about + mentions):
        title, summary = ("Video", "…") if number < about else ("Tea", "We made a video.")
        world.list_paper(f"2608.{number:05}", title=title, summary=summary)
    await world.read_archive()


@pytest.mark.thorough
async def test_a_preview_says_how_many_papers_are_about_it_and_offers_only_those(world: World) -> None:
    await mentioned(world, about=2, mentions=4)

    shown = await world.admin.slash(world.channel, "preview", keywords="video")

    answer = text_of(shown)
    assert "2 are about it (title or AI keywords), 4 mention it once, in the abstract." in answer
    assert "`video` finds 6 of 6 papers in the archive. `topic:video` finds only those about it" in answer
    pressed = text_of(await world.admin.click(shown.response, label="Preview topic:video"))
    assert "Preview: 2 papers" in pressed
    assert "about it (title" not in pressed


@pytest.mark.thorough
async def test_a_preview_of_papers_that_are_about_it_says_nothing_of_that(world: World) -> None:
    await mentioned(world, about=6, mentions=0)

    answer = text_of(await world.admin.slash(world.channel, "preview", keywords="video"))

    assert "about it" not in answer
    assert "💡" not in answer


async def test_a_channel_whose_papers_mostly_mention_it_is_offered_the_topic(world: World) -> None:
    await mentioned(world, about=2, mentions=4)
    await subscribe(world, "video")
    await world.admin.slash(world.channel, "deliver")

    shown = await world.admin.slash(world.channel, "config show")

    answer = text_of(shown)
    assert "• `video`: 6 papers; 2 are about it (title or AI keywords), 4 mention it once" in answer
    assert "most only mention it: `topic:video` leaves those out" in answer
    pressed = text_of(await world.admin.click(shown.response, label="Use topic:video instead"))
    assert "`video` → `topic:video`" in pressed
    assert await world.subscriptions() == ["topic:video"]


@pytest.mark.thorough
async def test_a_channel_whose_papers_are_about_it_is_offered_nothing(world: World) -> None:
    await mentioned(world, about=4, mentions=2)
    await subscribe(world, "video")
    await world.admin.slash(world.channel, "deliver")

    shown = await world.admin.slash(world.channel, "config show")

    assert "4 are about it" in text_of(shown)
    assert labels(shown) == []


@pytest.mark.thorough
async def test_lines_of_a_digest_and_of_a_preview_say_why_a_paper_is_there(world: World) -> None:
    await world.admin.slash(world.channel, "config style", style="digest")
    await subscribe(world, "video")
    world.list_paper("2608.00001", title="Tea", summary="We made a video of tea.")
    await world.run()
    await world.admin.slash(world.channel, "deliver")
    reason = "abstract: **video**"

    (post,) = world.posts()
    assert reason in post.embeds[0].description
    assert reason in text_of(await world.admin.slash(world.channel, "preview", keywords="video"))


async def test_an_exclusion_is_said_in_words_and_corrected(world: World) -> None:
    await listed(world, "A survey", "Another survey")

    shown = await world.admin.slash(world.channel, "config filter", exclude="survay OR review")
    answer = text_of(shown)
    assert "Read as: papers with “survay” or “review”" in answer
    assert "No paper in the archive has `survay`. Did you mean `survey OR review`? It finds 2." in answer
    assert labels(shown) == ["Undo", "All settings"]

    answer = text_of(await world.admin.slash(world.channel, "config filter", exclude="survey"))
    assert "Read as" not in answer
    assert "💡" not in answer


@pytest.mark.thorough
async def test_the_longest_answers_stay_within_the_limits(world: World) -> None:
    await listed(world, "Diffusion", "Tokenizing", "Tokenized", "Tokenization")
    acronyms = " OR ".join(["RL", "LLM", "VLM", "MoE", "RAG", "MLLM", "CoT", "DiT", "LoRA", "ViT"] * 4)[:150]
    keyword = acronyms.rpartition(" OR ")[0]
    keywords = ", ".join(f"{keyword} OR diffussion OR {'x' * number}yz" for number in range(1, 10))

    answer = text_of(await subscribe(world, keywords))  # the fixture checks what was sent
    shown = await world.admin.slash(world.channel, "preview", keywords=keyword + " OR diffussion")
    await world.admin.slash(world.channel, "config filter", exclude=keyword + " OR diffussion")

    assert "Read as: papers with “RL”, “LLM”" in answer
    assert "Did you mean" in text_of(shown)


@pytest.mark.thorough
async def test_a_minus_for_too_many_keywords_is_not_spelled_out(world: World) -> None:
    await listed(world, "Agents")
    keywords = ", ".join(f"agents number {n}" for n in range(20))

    assert "💡" not in text_of(await subscribe(world, f"{keywords} -survey"))
