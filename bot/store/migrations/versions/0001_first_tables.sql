-- The first tables; bot/store/tables.py describes them. Blank lines separate the statements.
CREATE TABLE list_days (
    day DATE NOT NULL,
    read_at VARCHAR(27) NOT NULL,
    unreadable INTEGER NOT NULL,
    CONSTRAINT pk_list_days PRIMARY KEY (day),
    CONSTRAINT ck_list_days_unreadable CHECK (unreadable >= 0)
);

CREATE TABLE papers (
    id VARCHAR(10) NOT NULL,
    first_seen_at VARCHAR(27),
    title TEXT NOT NULL,
    abstract TEXT NOT NULL,
    authors TEXT NOT NULL,
    published_at VARCHAR(27),
    upvotes INTEGER NOT NULL,
    comments INTEGER NOT NULL,
    ai_summary TEXT,
    ai_keywords TEXT NOT NULL,
    github_repo TEXT,
    github_stars INTEGER,
    project_page TEXT,
    organization TEXT,
    organization_login TEXT,
    organization_avatar TEXT,
    submitter TEXT,
    submitter_login TEXT,
    thumbnail TEXT,
    media TEXT,
    withdrawn_at VARCHAR(27),
    CONSTRAINT pk_papers PRIMARY KEY (id)
);

CREATE TABLE runs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    started_at VARCHAR(27) NOT NULL,
    finished_at VARCHAR(27),
    outcome VARCHAR(20),
    listed INTEGER,
    new_papers INTEGER,
    feeds INTEGER,
    posts INTEGER,
    problem VARCHAR(30),
    problem_status INTEGER,
    problem_day DATE,
    CONSTRAINT ck_runs_outcome CHECK (outcome IN ('ok', 'source_failed', 'failed')),
    CONSTRAINT ck_runs_problem CHECK (problem IN ('rate_limited', 'server_error', 'token_refused', 'not_found', 'refused', 'unexpected', 'redirected', 'timed_out', 'unreachable', 'cut_off', 'unreadable', 'no_item_readable', 'most_items_unreadable', 'too_large', 'too_long', 'repeated', 'not_open', 'no_such_paper', 'database', 'bug')),
    CONSTRAINT ck_runs_finished CHECK ((finished_at IS NULL) = (outcome IS NULL))
);

CREATE TABLE servers (
    id INTEGER NOT NULL,
    added_at VARCHAR(27) NOT NULL,
    left_at VARCHAR(27),
    notices_channel_id INTEGER,
    welcomed_at VARCHAR(27),
    default_time VARCHAR(5),
    default_timezone VARCHAR(64),
    default_weekdays INTEGER,
    CONSTRAINT pk_servers PRIMARY KEY (id)
);

CREATE TABLE changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL,
    channel_id INTEGER,
    user_id INTEGER NOT NULL,
    changed_at VARCHAR(27) NOT NULL,
    what TEXT NOT NULL,
    revision TEXT,
    CONSTRAINT fk_changes_server_id FOREIGN KEY (server_id) REFERENCES servers (id) ON DELETE CASCADE
);

CREATE INDEX ix_changes_changed_at ON changes (changed_at);

CREATE INDEX ix_changes_server_id_id ON changes (server_id, id);

CREATE TABLE feeds (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER,
    user_id INTEGER,
    owner_id INTEGER GENERATED ALWAYS AS (coalesce(server_id, user_id)) VIRTUAL,
    channel_id INTEGER NOT NULL,
    cadence VARCHAR(10) NOT NULL,
    post_time VARCHAR(5) NOT NULL,
    weekdays INTEGER NOT NULL,
    timezone VARCHAR(64) NOT NULL,
    kind VARCHAR(10) DEFAULT 'channel' NOT NULL,
    style VARCHAR(10) NOT NULL,
    mention_role_id INTEGER,
    is_silent BOOLEAN DEFAULT 0 NOT NULL,
    publishes BOOLEAN DEFAULT 0 NOT NULL,
    opens_threads BOOLEAN DEFAULT 0 NOT NULL,
    min_upvotes INTEGER NOT NULL,
    max_papers INTEGER NOT NULL,
    only_with_code BOOLEAN DEFAULT 0 NOT NULL,
    exclude_text TEXT,
    exclude_canonical TEXT,
    exclude_compiled TEXT,
    exclude_rules_version INTEGER,
    paused_at VARCHAR(27),
    paused_until DATE,
    resumes_at VARCHAR(27),
    block_reason TEXT,
    blocked_at VARCHAR(27),
    recheck_at VARCHAR(27),
    blocks_in_a_row INTEGER DEFAULT '0' NOT NULL,
    gone_at VARCHAR(27),
    next_run_at VARCHAR(27) NOT NULL,
    last_run_at VARCHAR(27),
    last_new INTEGER,
    last_matched INTEGER,
    last_planned INTEGER,
    created_at VARCHAR(27) NOT NULL,
    created_by INTEGER NOT NULL,
    CONSTRAINT ck_feeds_direct CHECK ((user_id IS NOT NULL) = (kind = 'direct')),
    CONSTRAINT ck_feeds_cadence CHECK (cadence IN ('live', 'daily', 'weekly')),
    CONSTRAINT ck_feeds_kind CHECK (kind IN ('channel', 'thread', 'forum', 'direct')),
    CONSTRAINT ck_feeds_style CHECK (style IN ('cards', 'digest')),
    CONSTRAINT ck_feeds_exclude CHECK ((exclude_text IS NULL) = (exclude_compiled IS NULL) AND (exclude_text IS NULL) = (exclude_canonical IS NULL) AND (exclude_text IS NULL) = (exclude_rules_version IS NULL)),
    CONSTRAINT ck_feeds_resumes_at CHECK ((paused_until IS NULL) = (resumes_at IS NULL)),
    CONSTRAINT ck_feeds_block CHECK ((blocked_at IS NULL) = (block_reason IS NULL)),
    CONSTRAINT ck_feeds_owner CHECK ((server_id IS NULL) = (user_id IS NOT NULL)),
    CONSTRAINT ck_feeds_post_time CHECK (length(post_time) = 5),
    CONSTRAINT ck_feeds_max_papers CHECK (max_papers >= 1),
    CONSTRAINT ck_feeds_min_upvotes CHECK (min_upvotes >= 0),
    CONSTRAINT ck_feeds_weekdays CHECK (weekdays BETWEEN 1 AND 127),
    CONSTRAINT fk_feeds_server_id FOREIGN KEY (server_id) REFERENCES servers (id) ON DELETE CASCADE,
    CONSTRAINT uq_feeds_channel_id UNIQUE (channel_id),
    CONSTRAINT uq_feeds_user_id UNIQUE (user_id)
);

CREATE INDEX ix_feeds_next_run_at ON feeds (next_run_at);

CREATE INDEX ix_feeds_owner_id ON feeds (owner_id);

CREATE INDEX ix_feeds_resumes_at ON feeds (resumes_at) WHERE resumes_at IS NOT NULL;

CREATE INDEX ix_feeds_server_id ON feeds (server_id);

CREATE TABLE list_day_papers (
    day DATE NOT NULL,
    paper_id VARCHAR(10) NOT NULL,
    CONSTRAINT pk_list_day_papers PRIMARY KEY (day, paper_id),
    CONSTRAINT fk_list_day_papers_paper_id FOREIGN KEY (paper_id) REFERENCES papers (id)
);

CREATE INDEX ix_list_day_papers_paper_id_day ON list_day_papers (paper_id, day);

CREATE TABLE paper_texts (
    number INTEGER NOT NULL,
    paper_id VARCHAR(10) NOT NULL,
    version INTEGER NOT NULL,
    words TEXT NOT NULL,
    other_words TEXT NOT NULL,
    names TEXT NOT NULL,
    CONSTRAINT pk_paper_texts PRIMARY KEY (number),
    CONSTRAINT fk_paper_texts_paper_id FOREIGN KEY (paper_id) REFERENCES papers (id),
    CONSTRAINT uq_paper_texts_paper_id UNIQUE (paper_id)
);

CREATE TABLE quoted_texts (
    number INTEGER NOT NULL,
    words TEXT NOT NULL,
    other_words TEXT NOT NULL,
    CONSTRAINT pk_quoted_texts PRIMARY KEY (number),
    CONSTRAINT fk_quoted_texts_number FOREIGN KEY (number) REFERENCES paper_texts (number)
);

CREATE TABLE other_readings (
    number INTEGER NOT NULL,
    of_run TEXT NOT NULL,
    of_quotes TEXT NOT NULL,
    CONSTRAINT pk_other_readings PRIMARY KEY (number),
    CONSTRAINT fk_other_readings_number FOREIGN KEY (number) REFERENCES paper_texts (number)
);

CREATE TABLE paper_words (
    number INTEGER NOT NULL,
    word TEXT NOT NULL,
    lower TEXT NOT NULL,
    CONSTRAINT pk_paper_words PRIMARY KEY (number),
    CONSTRAINT uq_paper_words_word UNIQUE (word)
);

CREATE INDEX ix_paper_words_lower ON paper_words (lower);

CREATE TABLE notices (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    server_id INTEGER NOT NULL,
    feed_id INTEGER,
    kind VARCHAR(10) NOT NULL,
    state VARCHAR(13) NOT NULL,
    nonce VARCHAR(25) NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at VARCHAR(27) NOT NULL,
    channel_id INTEGER,
    message_id INTEGER,
    notified_at VARCHAR(27),
    CONSTRAINT ck_notices_feed_id CHECK ((kind = 'source') = (feed_id IS NULL)),
    CONSTRAINT ck_notices_notified_at CHECK ((state = 'notified') = (notified_at IS NOT NULL)),
    CONSTRAINT ck_notices_kind CHECK (kind IN ('blocked', 'delayed', 'failed', 'source')),
    CONSTRAINT ck_notices_state CHECK (state IN ('pending', 'notified', 'undeliverable')),
    CONSTRAINT fk_notices_feed_id FOREIGN KEY (feed_id) REFERENCES feeds (id) ON DELETE CASCADE,
    CONSTRAINT fk_notices_server_id FOREIGN KEY (server_id) REFERENCES servers (id) ON DELETE CASCADE,
    CONSTRAINT uq_notices_feed_id_kind UNIQUE (feed_id, kind),
    CONSTRAINT uq_notices_nonce UNIQUE (nonce)
);

CREATE INDEX ix_notices_server_id ON notices (server_id);

CREATE UNIQUE INDEX ix_notices_source ON notices (server_id) WHERE kind = 'source';

CREATE TABLE posts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    state VARCHAR(10) NOT NULL,
    nonce VARCHAR(25) NOT NULL,
    mention_role_id INTEGER,
    planned_at VARCHAR(27) NOT NULL,
    first_attempt_at VARCHAR(27),
    attempts INTEGER NOT NULL,
    failures INTEGER DEFAULT '0' NOT NULL,
    next_attempt_at VARCHAR(27) NOT NULL,
    unconfirmed_since VARCHAR(27),
    message_id INTEGER,
    sent_at VARCHAR(27),
    failed_at VARCHAR(27),
    first_failed_at VARCHAR(27),
    reason TEXT,
    code INTEGER,
    refusal TEXT,
    part_of INTEGER,
    part INTEGER DEFAULT '0' NOT NULL,
    queue INTEGER GENERATED ALWAYS AS (coalesce(part_of, id) * 1000 + part) STORED,
    CONSTRAINT ck_posts_failed_at CHECK ((state = 'failed') = (failed_at IS NOT NULL)),
    CONSTRAINT ck_posts_message_id CHECK ((state = 'sent') = (message_id IS NOT NULL)),
    CONSTRAINT ck_posts_sent_at CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT ck_posts_unconfirmed_since CHECK (unconfirmed_since IS NULL OR state = 'pending'),
    CONSTRAINT ck_posts_state CHECK (state IN ('pending', 'sent', 'failed')),
    CONSTRAINT ck_posts_attempts CHECK (attempts >= 0),
    CONSTRAINT ck_posts_nonce CHECK (length(nonce) BETWEEN 1 AND 25),
    CONSTRAINT ck_posts_part CHECK (part BETWEEN 0 AND 999),
    CONSTRAINT fk_posts_feed_id FOREIGN KEY (feed_id) REFERENCES feeds (id) ON DELETE CASCADE,
    CONSTRAINT uq_posts_nonce UNIQUE (nonce)
);

CREATE INDEX ix_posts_feed_id_state ON posts (feed_id, state);

CREATE INDEX ix_posts_part_of ON posts (part_of) WHERE part_of IS NOT NULL;

CREATE INDEX ix_posts_pending_by_channel ON posts (channel_id, queue) WHERE state = 'pending';

CREATE INDEX ix_posts_pending_by_time ON posts (next_attempt_at, id) WHERE state = 'pending';

CREATE TABLE subscriptions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    canonical TEXT NOT NULL,
    compiled TEXT NOT NULL,
    rules_version INTEGER NOT NULL,
    focus VARCHAR(10) DEFAULT 'exact' NOT NULL,
    focus_terms TEXT,
    since DATE NOT NULL,
    created_at VARCHAR(27) NOT NULL,
    created_by INTEGER NOT NULL,
    mention_role_id INTEGER,
    ended_at VARCHAR(27),
    ended_key VARCHAR(16),
    resumed_at VARCHAR(27),
    resumed_ran_at VARCHAR(27),
    CONSTRAINT ck_subscriptions_ended_key CHECK (ended_at IS NULL OR ended_key IS NOT NULL),
    CONSTRAINT ck_subscriptions_focus CHECK (focus IN ('exact', 'strict', 'balanced', 'broad')),
    CONSTRAINT fk_subscriptions_feed_id FOREIGN KEY (feed_id) REFERENCES feeds (id) ON DELETE CASCADE,
    CONSTRAINT uq_subscriptions_feed_id_canonical UNIQUE (feed_id, canonical)
);

CREATE INDEX ix_subscriptions_ended ON subscriptions (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX ix_subscriptions_live ON subscriptions (feed_id) WHERE ended_at IS NULL;

CREATE INDEX ix_subscriptions_resumed ON subscriptions (feed_id) WHERE resumed_at IS NOT NULL;

CREATE TABLE cancelled_papers (
    subscription_id INTEGER NOT NULL,
    paper_id VARCHAR(10) NOT NULL,
    pings BOOLEAN NOT NULL,
    close_words TEXT,
    CONSTRAINT pk_cancelled_papers PRIMARY KEY (subscription_id, paper_id),
    CONSTRAINT fk_cancelled_papers_paper_id FOREIGN KEY (paper_id) REFERENCES papers (id),
    CONSTRAINT fk_cancelled_papers_subscription_id FOREIGN KEY (subscription_id) REFERENCES subscriptions (id)
        ON DELETE CASCADE
);

CREATE TABLE post_papers (
    post_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    feed_id INTEGER NOT NULL,
    paper_id VARCHAR(10) NOT NULL,
    form VARCHAR(10) NOT NULL,
    queries TEXT NOT NULL,
    close_to TEXT,
    close_words TEXT,
    CONSTRAINT pk_post_papers PRIMARY KEY (post_id, position),
    CONSTRAINT ck_post_papers_close_to CHECK ((close_to IS NULL) = (close_words IS NULL)),
    CONSTRAINT ck_post_papers_form CHECK (form IN ('card', 'line', 'more')),
    CONSTRAINT fk_post_papers_feed_id FOREIGN KEY (feed_id) REFERENCES feeds (id) ON DELETE CASCADE,
    CONSTRAINT fk_post_papers_paper_id FOREIGN KEY (paper_id) REFERENCES papers (id),
    CONSTRAINT fk_post_papers_post_id FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT uq_post_papers_feed_id_paper_id UNIQUE (feed_id, paper_id)
);

CREATE INDEX ix_post_papers_paper_id_feed_id ON post_papers (paper_id, feed_id);

CREATE TABLE follow_ups (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    post_id INTEGER NOT NULL,
    kind VARCHAR(10) NOT NULL,
    state VARCHAR(10) NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    reason TEXT,
    code INTEGER,
    CONSTRAINT ck_follow_ups_ended_at CHECK ((state = 'pending') = (ended_at IS NULL)),
    CONSTRAINT ck_follow_ups_kind CHECK (kind IN ('publish', 'thread')),
    CONSTRAINT ck_follow_ups_state CHECK (state IN ('pending', 'done', 'failed')),
    CONSTRAINT ck_follow_ups_attempts CHECK (attempts >= 0),
    CONSTRAINT fk_follow_ups_post_id FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT uq_follow_ups_post_id_kind UNIQUE (post_id, kind)
);

CREATE INDEX ix_follow_ups_pending ON follow_ups (next_attempt_at, id) WHERE state = 'pending';

CREATE TABLE saved_papers (
    user_id INTEGER NOT NULL,
    paper_id VARCHAR(10) NOT NULL,
    saved_at VARCHAR(27) NOT NULL,
    citation_key VARCHAR(80) NOT NULL,
    CONSTRAINT pk_saved_papers PRIMARY KEY (user_id, paper_id),
    CONSTRAINT ck_saved_papers_citation_key CHECK (length(citation_key) BETWEEN 1 AND 80),
    CONSTRAINT fk_saved_papers_paper_id FOREIGN KEY (paper_id) REFERENCES papers (id),
    CONSTRAINT uq_saved_papers_user_id_citation_key UNIQUE (user_id, citation_key)
);
