"""`paperboy preview`: shows in the terminal what keywords match in the newest lists."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from bot.cli.matches import MAX_FETCHED_DAYS, matches_text
from bot.cli.parameters import whole_number
from bot.cli.process import EXIT_FAILED, EXIT_OK, EXIT_USAGE, log_errors_only
from bot.cli.terminal import Terminal
from bot.core.focus import Focus
from bot.core.list_days import open_list_day
from bot.core.markdown import without_markup
from bot.errors import SourceError, UserError
from bot.redaction import Redaction
from bot.services.clock import Clock, system_clock
from bot.settings import Settings

_MAX_DAYS = 3_650


@click.command()
@click.argument("keywords", nargs=-1, required=True, help="What to look for, quoted, as in /subscribe.")
@click.option(
    "--days",
    type=whole_number(1, _MAX_DAYS),
    default="1",
    metavar="N",
    help=f"How many list days to search, 1 to {_MAX_DAYS}; more than {MAX_FETCHED_DAYS} in the bot's "
    "database. By default, the newest list that has papers.",
)
@click.option(
    "--focus",
    type=click.Choice([focus.value for focus in Focus]),
    default=Focus.EXACT.value,
    help="How close papers must be to the topic, as in /subscribe. By default, exact.",
)
def preview(keywords: Sequence[str], *, days: int, focus: str) -> int:
    """Show what keywords match in the newest lists.

    The rules are the same as in Discord. No token is needed. Up to 30 days are
    read from Hugging Face; more are searched in the bot's database
    (DATABASE_URL).

    \b
    Examples:
      paperboy preview "diffusion model"
      paperboy preview "agents -survey" --days 7
      paperboy preview "RLHF, title:(reward model)" --days 30
      paperboy preview -- "-survey agents"   (-- goes before a leading minus)

    docs/keywords.md describes the keyword language.

    \b
    Exit codes:
       0  done, whether or not papers match
       1  Hugging Face could not be read
       2  the keywords are invalid; standard error says why
      78  a setting is wrong, or the database cannot be read
    """
    settings = Settings.load()
    log_errors_only(settings)
    text = " ".join(keywords)
    try:
        answer = asyncio.run(
            answer_to(
                text,
                days=days,
                focus=Focus(focus),
                settings=settings,
                clock=system_clock,
                terminal=Terminal.of_stdout(),
            )
        )
    except UserError as error:
        click.echo(without_markup(str(error)), err=True)
        return EXIT_USAGE
    except SourceError as error:
        endpoint = Redaction(settings.secrets)(settings.hf_endpoint)
        click.echo(
            f"paperboy: the list could not be read, because {error}. {error.problem.advice}. HF_ENDPOINT is "
            f"{endpoint}. LOG_LEVEL=DEBUG shows more.",
            err=True,
        )
        return EXIT_FAILED
    click.echo(answer, nl=False)
    return EXIT_OK


async def answer_to(
    keywords: str,
    *,
    days: int,
    settings: Settings,
    clock: Clock,
    terminal: Terminal,
    focus: Focus = Focus.EXACT,
) -> str:
    """What the keywords match in the last `days` list days.

    Raises:
        QueryError: the keywords are invalid.
        SourceError: Hugging Face could not be read.
        ConfigError: more days are wanted than are fetched, and there is no usable database.
    """
    # Imported here, because they are slow to import and the health check needs none of them.
    from bot.cli.progress import progress_bar  # noqa: PLC0415
    from bot.services.queries import preview as service  # noqa: PLC0415
    from bot.sources.fetching import FetchLimits  # noqa: PLC0415
    from bot.sources.huggingface import HuggingFace  # noqa: PLC0415

    queries = service.alternatives(keywords, settings.limits)
    today = open_list_day(clock())
    if days > MAX_FETCHED_DAYS and focus is not Focus.EXACT:
        raise UserError(f"--focus works with at most {MAX_FETCHED_DAYS} days.")
    if days > MAX_FETCHED_DAYS:
        matches = await service.preview_of_database(settings.database_url, queries, days=days, today=today)
        return matches_text(matches, keywords=keywords, queries=queries, terminal=terminal)
    async with HuggingFace(
        settings.hf_endpoint,
        token=settings.hf_token,
        clock=clock,
        limits=FetchLimits(connect_seconds=10, total_seconds=30, tries=2, max_wait_seconds=30),
        proxies=settings.proxies,
    ) as source:
        matches = await service.preview(
            source, queries, days=days, today=today, progress=progress_bar("Reading lists"), focus=focus
        )
    return matches_text(matches, keywords=keywords, queries=queries, terminal=terminal)
