//! The statements of the migrations.

/// Other programs read `events`, so its columns have the names and values of the
/// Event API, without references to other tables.
pub(super) const V1: &str = r#"
-- Key pairs that may write events. Keys are kept as SHA-256 only.
CREATE TABLE sources (
    id         INTEGER PRIMARY KEY,
    auth_hash  BLOB    NOT NULL UNIQUE,
    api_hash   BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    trusted    INTEGER NOT NULL,
    origins    TEXT    NOT NULL,           -- JSON array; empty for any origin
    created_at INTEGER NOT NULL,           -- ms since the Unix epoch, as all times
    revoked_at INTEGER
) STRICT;

-- Keys that may read, and write the Account API.
CREATE TABLE account_keys (
    id         INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE TABLE accounts (
    no              INTEGER PRIMARY KEY,
    account_id      TEXT    NOT NULL UNIQUE,
    name            TEXT,
    parent_no       INTEGER REFERENCES accounts (no),
    hierarchy_label TEXT,
    join_date       INTEGER,
    details         TEXT    NOT NULL DEFAULT '{}',   -- JSON object
    details_at      INTEGER NOT NULL DEFAULT 0,      -- created_at of the newest merged identification
    is_deleted      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX accounts_by_parent ON accounts (parent_no) WHERE parent_no IS NOT NULL;

-- Each user is in exactly one account.
CREATE TABLE users (
    no         INTEGER PRIMARY KEY,
    user_id    TEXT    NOT NULL UNIQUE,
    account_no INTEGER NOT NULL REFERENCES accounts (no),
    first_name TEXT,
    last_name  TEXT,
    details    TEXT    NOT NULL DEFAULT '{}',
    details_at INTEGER NOT NULL DEFAULT 0,
    is_deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX users_by_account ON users (account_no);

-- Every event that was accepted, once.
CREATE TABLE events (
    id              INTEGER PRIMARY KEY,   -- order of arrival
    event_id        TEXT    NOT NULL UNIQUE, -- from the client, else derived from the content
    account_id      TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    session_id      TEXT,
    created_at      INTEGER NOT NULL,      -- by the client's clock
    action          TEXT    NOT NULL,
    feature         TEXT,
    module          TEXT,
    product         TEXT,
    total           REAL,                  -- of feature events; 1 where the client said nothing
    time_spent      INTEGER,               -- ms
    active_duration INTEGER,               -- ms
    visitor_id      TEXT,
    stream_id       TEXT,
    seq             INTEGER,
    url             TEXT,
    title           TEXT,
    referrer        TEXT,
    details         TEXT,                  -- JSON object
    extra           TEXT,                  -- JSON object: fields outside the contract
    received_at     INTEGER NOT NULL,      -- by our clock
    source_id       INTEGER NOT NULL REFERENCES sources (id),
    set_aside       INTEGER NOT NULL       -- 1: the user belongs to another account; not counted
) STRICT;
CREATE INDEX events_by_time ON events (created_at);
CREATE INDEX events_set_aside ON events (user_id, account_id) WHERE set_aside = 1;
"#;

pub(super) const V2: &str = r#"
-- One row per page instance that numbered its events: what of them arrived.
CREATE TABLE streams (
    no         INTEGER PRIMARY KEY,
    stream_id  TEXT    NOT NULL UNIQUE,
    first_at   INTEGER NOT NULL,           -- created_at of its earliest event
    made       INTEGER NOT NULL,           -- highest seq seen, plus one
    received   INTEGER NOT NULL,           -- distinct seq seen
    duplicates INTEGER NOT NULL,           -- arrivals beyond the first of a seq
    seqs       BLOB    NOT NULL            -- the seqs seen, as a Roaring bitmap
) STRICT;
CREATE INDEX streams_by_time ON streams (first_at, made, received, duplicates);
"#;

pub(super) const V3: &str = r#"
ALTER TABLE sources ADD COLUMN allow_hierarchy INTEGER NOT NULL DEFAULT 0;

-- Money of an account. Rolled up.
CREATE TABLE financials (
    no         INTEGER PRIMARY KEY,
    account_no INTEGER NOT NULL REFERENCES accounts (no),
    id         TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    amount     INTEGER NOT NULL,           -- in 1/10000 of the currency's unit, so that sums are exact
    currency   TEXT    NOT NULL,
    UNIQUE (account_no, id)
) STRICT;

-- Support tickets, interactions and notes of an account. Not rolled up.
CREATE TABLE account_records (
    no         INTEGER PRIMARY KEY,
    account_no INTEGER NOT NULL REFERENCES accounts (no),
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    fields     TEXT    NOT NULL,           -- JSON object
    UNIQUE (account_no, kind, id)
) STRICT;
"#;

pub(super) const V4: &str = r#"
-- Numbers that facts use instead of text.
CREATE TABLE sessions (no INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE names (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- Usage of an account, added up; see store/facts.rs for what is in the blob.
CREATE TABLE usage_segments (
    id           INTEGER PRIMARY KEY,
    account_no   INTEGER NOT NULL REFERENCES accounts (no),
    is_set_aside INTEGER NOT NULL,
    first_hour   INTEGER NOT NULL,         -- hours since the Unix epoch
    last_hour    INTEGER NOT NULL,
    facts        INTEGER NOT NULL,
    events       INTEGER NOT NULL,
    data         BLOB    NOT NULL
) STRICT;
CREATE INDEX segments_by_account ON usage_segments (account_no, is_set_aside, id);

-- What holds for the whole file.
CREATE TABLE settings (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;

-- With the account in it, a part of an hour is cut out without touching the
-- events of other accounts.
DROP INDEX events_by_time;
CREATE INDEX events_by_time ON events (created_at, account_id);
"#;

pub(super) const V5: &str = r#"
-- What of a stream arrived and was refused is not missing.
ALTER TABLE streams ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN rejected_seqs BLOB;   -- a Roaring bitmap, NULL where none is
DROP INDEX streams_by_time;
CREATE INDEX streams_by_time ON streams (first_at, made, received, duplicates, rejected);
"#;

pub(super) const V6: &str = r#"
-- What the numbers of a stream say that it made, where that cannot be true; its
-- `made` is what has arrived then. NULL for all other streams.
ALTER TABLE streams ADD COLUMN implausible INTEGER;
CREATE INDEX streams_implausible ON streams (implausible, first_at) WHERE implausible IS NOT NULL;

-- What the Account API and trusted sources said, and what public sources said:
-- JSON objects. The columns before them show the first, and where it is silent
-- the second.
ALTER TABLE accounts ADD COLUMN own    TEXT NOT NULL DEFAULT '{}';
ALTER TABLE accounts ADD COLUMN public TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users    ADD COLUMN own    TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users    ADD COLUMN public TEXT NOT NULL DEFAULT '{}';
-- Who said what is not known of older values: no public source may change them.
UPDATE accounts SET own = json_object('name', name, 'hierarchy_label', hierarchy_label,
    'join_date', join_date, 'details', json(details));
UPDATE users SET own = json_object('first_name', first_name, 'last_name', last_name,
    'details', json(details));

-- What was erased, by the SHA-256 of its id: the list must not name who is erased.
CREATE TABLE erasures (
    kind      TEXT    NOT NULL,            -- stream, user or account
    id_hash   BLOB    NOT NULL,
    erased_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id_hash)
) STRICT, WITHOUT ROWID;

-- A session is of one user: many users have a session "1".
ALTER TABLE sessions RENAME TO shared_sessions;
CREATE TABLE sessions (
    no         INTEGER PRIMARY KEY,
    user_no    INTEGER NOT NULL,
    session_id TEXT    NOT NULL,
    UNIQUE (user_no, session_id)
) STRICT;
"#;

/// Facts of quarters of an hour, and a table of events for each month; `hourly_facts`
/// and `event_months` fill them.
pub(super) const V7: &str = "
ALTER TABLE usage_segments RENAME COLUMN first_hour TO first_quarter;
ALTER TABLE usage_segments RENAME COLUMN last_hour TO last_quarter;
UPDATE settings SET name = 'events_from_quarter', value = value * 4
    WHERE name = 'events_from_hour';

-- The months that have a table of events. That of a retired month is being freed.
CREATE TABLE event_months (
    month      INTEGER NOT NULL,           -- months since January 1970
    is_retired INTEGER NOT NULL,
    PRIMARY KEY (month, is_retired)
) STRICT, WITHOUT ROWID;

-- The ids of all events, of whichever month.
CREATE TABLE event_ids (
    key   BLOB    PRIMARY KEY,             -- see store/event_ids.rs
    month INTEGER NOT NULL,
    id    INTEGER NOT NULL                 -- of the event
) STRICT, WITHOUT ROWID;
";

/// Viewer keys, dashboard sessions, and saved views.
pub(super) const V8: &str = "
-- A viewer key reads the dashboard and usage, and changes nothing.
ALTER TABLE account_keys ADD COLUMN is_viewer INTEGER NOT NULL DEFAULT 0;
-- The only account that it may see, with what is below; NULL for all. An id, so that
-- the account can be erased: then the key sees nothing.
ALTER TABLE account_keys ADD COLUMN within_account TEXT;

-- People who are signed in, by the SHA-256 of what their browsers present.
CREATE TABLE dashboard_sessions (
    id_hash  BLOB    PRIMARY KEY,
    key_id   INTEGER NOT NULL REFERENCES account_keys (id),
    began_at INTEGER NOT NULL,
    used_at  INTEGER NOT NULL              -- to the minute
) STRICT, WITHOUT ROWID;

-- Refused lines by source, reason and the account that they name; '' for none.
CREATE TABLE refusals (
    source_id  INTEGER NOT NULL REFERENCES sources (id),
    reason     TEXT    NOT NULL,
    account_id TEXT    NOT NULL,
    lines      INTEGER NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (source_id, reason, account_id)
) STRICT, WITHOUT ROWID;

-- Lists of accounts that somebody gave a name.
CREATE TABLE saved_views (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    address    TEXT    NOT NULL,           -- a path with its query
    created_at INTEGER NOT NULL
) STRICT;
";

/// Alerts: rules, alerts, and messages about them.
pub(super) const V9: &str = "
CREATE TABLE alert_rules (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    rule       TEXT    NOT NULL,           -- JSON object, see model/alert_rule.rs
    created_at INTEGER NOT NULL,
    checked_at INTEGER                     -- NULL until the first check
) STRICT;

-- The receiver of alerts, at most one. The secret signs messages, so it is kept as
-- it is; a hash would not do.
CREATE TABLE webhook (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    url        TEXT    NOT NULL,
    secret     BLOB    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Messages to the receiver. They have no text: it is made of their alerts each time
-- they are sent, so that what is erased is not sent any more.
CREATE TABLE alert_messages (
    id           TEXT    PRIMARY KEY,      -- the webhook-id
    rule_id      INTEGER NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER,                  -- of the next attempt; NULL when there is none
    delivered_at INTEGER,
    last_error   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_messages_waiting ON alert_messages (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX alert_messages_by_rule ON alert_messages (rule_id);

-- The accounts and users that a rule hits, from when to when.
CREATE TABLE alerts (
    id         INTEGER PRIMARY KEY,
    rule_id    INTEGER NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    account_no INTEGER NOT NULL REFERENCES accounts (no) ON DELETE CASCADE,
    user_no    INTEGER REFERENCES users (no) ON DELETE CASCADE,
    now        REAL,                       -- the figure that the rule compares
    before     REAL,
    began_at   INTEGER NOT NULL,
    ended_at   INTEGER,                    -- NULL while it holds
    message_id TEXT REFERENCES alert_messages (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX alerts_holding ON alerts (rule_id, account_no, IFNULL(user_no, 0))
    WHERE ended_at IS NULL;
CREATE INDEX alerts_by_rule ON alerts (rule_id);
CREATE INDEX alerts_by_account ON alerts (account_no);
CREATE INDEX alerts_by_user ON alerts (user_no) WHERE user_no IS NOT NULL;
CREATE INDEX alerts_by_message ON alerts (message_id) WHERE message_id IS NOT NULL;
";

/// Batches that arrive in quick succession.
pub(super) const V10: &str = "
-- Batches that are not spread over the other tables yet; see store/inbox.rs.
CREATE TABLE inbox (
    no          INTEGER PRIMARY KEY,       -- order of arrival
    source_id   INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    lines       BLOB    NOT NULL           -- as the client sent them
) STRICT;
";

/// Rejected lines by the kind of their error, with an example of the message. Messages contain
/// values of the lines: when they served as the reason, each ms of a wrong clock was a reason of
/// its own.
pub(super) const REFUSALS_BY_KIND: &str = "
ALTER TABLE refusals RENAME TO refusals_by_text;
CREATE TABLE refusals (
    source_id  INTEGER NOT NULL REFERENCES sources (id),
    kind       TEXT    NOT NULL,           -- of the error, with its field
    account_id TEXT    NOT NULL,           -- '' for none
    lines      INTEGER NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    example    TEXT    NOT NULL,           -- what the latest line was told
    PRIMARY KEY (source_id, kind, account_id)
) STRICT, WITHOUT ROWID;
INSERT INTO refusals (source_id, kind, account_id, lines, first_at, last_at, example)
SELECT source_id, CASE
        WHEN reason LIKE '`created_at` % is before the year 2000%' THEN 'too_early'
        WHEN reason LIKE '`created_at` % in the future%' THEN 'in_the_future'
        WHEN reason LIKE 'not JSON (%' THEN 'not_json'
        WHEN reason LIKE 'the line has % bytes%' THEN 'line_too_long'
        ELSE reason
    END AS found, account_id, SUM(lines), MIN(first_at), MAX(last_at), MIN(reason)
FROM refusals_by_text GROUP BY source_id, found, account_id;
DROP TABLE refusals_by_text;
";

/// The number of accepted events of a stream: several events may have the same number.
pub(super) const STREAM_EVENTS: &str = "
ALTER TABLE streams ADD COLUMN events INTEGER NOT NULL DEFAULT 0;   -- accepted and not erased
UPDATE streams SET events = received;
";

/// The rows of zeros with which an erasure overwrites free pages.
pub(super) const FREE_PAGES: &str = "
-- Empty but for the moment of an erasure; see store/sqlite/free_pages.rs.
CREATE TABLE free_pages (no INTEGER PRIMARY KEY, zeros BLOB NOT NULL) STRICT;
";
