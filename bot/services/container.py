"""The container: every service, and how they are built on one another."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services.background import BackgroundJobs
from bot.services.blocks.blocked_channels import BlockedChannels
from bot.services.blocks.guild_events import GuildEvents
from bot.services.blocks.notices import NoticeBoard, Notices
from bot.services.changes import Changes
from bot.services.clock import Clock
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivery
from bot.services.delivery.pace import ChannelPace
from bot.services.feeds.feeds import Feeds
from bot.services.feeds.filters import Filters
from bot.services.feeds.focus import FocusSetting
from bot.services.feeds.older_matches import OlderMatches
from bot.services.feeds.pausing import Pausing
from bot.services.feeds.servers import Servers
from bot.services.feeds.setup import Setup
from bot.services.feeds.subscription_mentions import SubscriptionMentions
from bot.services.feeds.subscriptions import Subscriptions
from bot.services.feeds.undoing import Undoing
from bot.services.follows.direct_messages import DirectMessages
from bot.services.follows.follows import Follows
from bot.services.follows.personal_feed import PersonalFeeds
from bot.services.library.citations import Citations
from bot.services.library.library import Library
from bot.services.library.reading import Reading
from bot.services.library.similar import SimilarPapers
from bot.services.library.suggestions import Suggestions
from bot.services.people.cooldowns import Cooldowns
from bot.services.people.erasing import Erasing
from bot.services.people.personal_data import PersonalData
from bot.services.queries.archive import Archive
from bot.services.queries.explanations import Explanations
from bot.services.queries.next_post import NextPosts
from bot.services.queries.paper_pages import PaperPages
from bot.services.queries.papers import Papers
from bot.services.queries.results import Results
from bot.services.queries.search import Search
from bot.services.queries.status import StatusReport
from bot.services.queries.titles import Titles
from bot.services.queries.totals import CurrentTotals
from bot.services.runs.archive_reading import ArchiveReader
from bot.services.runs.polling import Polling
from bot.services.runs.recompiling import Recompiling
from bot.services.runs.run import Runs
from bot.services.runs.search_texts import SearchTexts
from bot.services.transfer.feed_transfer import Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    clock: Clock
    polling: Polling
    archive_reader: ArchiveReader
    search_texts: SearchTexts
    recompiling: Recompiling
    background: BackgroundJobs
    delivery: Delivery
    blocked_channels: BlockedChannels
    guild_events: GuildEvents
    notices: Notices
    runs: Runs
    search: Search
    subscriptions: Subscriptions
    older_matches: OlderMatches
    feeds: Feeds
    filters: Filters
    focus: FocusSetting
    pausing: Pausing
    subscription_mentions: SubscriptionMentions
    undoing: Undoing
    transfer: Transfer
    changes: Changes
    results: Results
    servers: Servers
    setup: Setup
    papers: Papers
    follows: Follows
    personal_feeds: PersonalFeeds
    personal_data: PersonalData
    erasing: Erasing
    cooldowns: Cooldowns
    library: Library
    citations: Citations
    reading: Reading
    similar: SimilarPapers
    suggestions: Suggestions
    titles: Titles
    archive: Archive
    explanations: Explanations
    next_posts: NextPosts
    status: StatusReport
    totals: CurrentTotals


def assemble(context: ServiceContext, *, board: NoticeBoard, pace: ChannelPace | None = None) -> Services:
    """Builds the services; nothing runs yet. `pace` is by default Discord's limit for one channel."""
    delivery = Delivery(context, pace=pace)
    blocked_channels = BlockedChannels(context, delivery=delivery)
    polling = Polling(context)
    archive_reader = ArchiveReader(context, polling=polling)
    runs = Runs(context, polling=polling, delivery=delivery, blocked_channels=blocked_channels)
    search = Search(context)
    feeds = Feeds(context, runs=runs, delivery=delivery)
    pages = PaperPages(context)
    papers = Papers(context, polling=polling, pages=pages, runs=runs)
    library = Library(context, papers=papers)
    subscriptions = Subscriptions(context, search=search, runs=runs, delivery=delivery)
    similar = SimilarPapers(context, papers=papers, reader=archive_reader)
    servers = Servers(context)
    direct_messages = DirectMessages(context)
    erasing = Erasing(context)
    search_texts = SearchTexts(context)
    recompiling = Recompiling(context)
    return Services(
        clock=context.clock,
        polling=polling,
        archive_reader=archive_reader,
        search_texts=search_texts,
        recompiling=recompiling,
        background=BackgroundJobs(
            context,
            archive_reader=archive_reader,
            search_texts=search_texts,
            erasing=erasing,
            recompiling=recompiling,
        ),
        delivery=delivery,
        blocked_channels=blocked_channels,
        guild_events=GuildEvents(blocked_channels=blocked_channels),
        notices=Notices(context, board=board),
        runs=runs,
        search=search,
        subscriptions=subscriptions,
        older_matches=OlderMatches(context, runs=runs, delivery=delivery),
        feeds=feeds,
        filters=Filters(context, feeds=feeds, search=search),
        focus=FocusSetting(context, runs=runs),
        pausing=Pausing(context, feeds=feeds, server_settings=servers, delivery=delivery),
        subscription_mentions=SubscriptionMentions(context),
        undoing=Undoing(context, feeds=feeds, server_settings=servers, delivery=delivery, runs=runs),
        transfer=Transfer(context, delivery=delivery),
        changes=Changes(context),
        results=Results(context),
        servers=servers,
        setup=Setup(context, servers=servers, subscriptions=subscriptions, search=search),
        papers=papers,
        follows=Follows(
            context, direct_messages=direct_messages, search=search, runs=runs, delivery=delivery
        ),
        personal_feeds=PersonalFeeds(context, direct_messages=direct_messages, delivery=delivery),
        personal_data=PersonalData(context, erasing=erasing),
        erasing=erasing,
        cooldowns=Cooldowns(context),
        library=library,
        citations=Citations(context, papers=papers, library=library),
        reading=Reading(papers=papers, pages=pages),
        similar=similar,
        suggestions=Suggestions(context, similar=similar),
        titles=Titles(context, polling=polling),
        archive=Archive(context, reader=archive_reader),
        explanations=Explanations(context, papers=papers),
        next_posts=NextPosts(context, runs=runs),
        status=StatusReport(context, runs=runs, archive=archive_reader),
        totals=CurrentTotals(database=context.database),
    )
