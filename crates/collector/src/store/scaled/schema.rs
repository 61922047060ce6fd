//! The tables in PostgreSQL, and their migrations.
//!
//! `natero_schema` stores the number of migrations applied to a database. A migration is never
//! edited after its release.

use deadpool_postgres::{Client, Pool};

use super::{
    failure::{Failure, Result},
    postgres::{self, Lock},
    retry::retried,
};
use crate::store::error::StoreError;

const MIGRATIONS: &[&str] = &[V1, V2, V3, V4, V5];

/// Texts are compared by their bytes, as in SQLite.
const V1: &str = r#"
CREATE TABLE sources (
    id              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    auth_hash       bytea   NOT NULL UNIQUE,
    api_hash        bytea   NOT NULL,
    name            text    NOT NULL,
    trusted         boolean NOT NULL,
    allow_hierarchy boolean NOT NULL,
    origins         text    NOT NULL,          -- JSON array; empty for any origin
    created_at      bigint  NOT NULL,          -- ms since the Unix epoch, as all times
    revoked_at      bigint
);
CREATE TABLE account_keys (
    id             bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash           bytea   NOT NULL UNIQUE,
    name           text    NOT NULL,
    created_at     bigint  NOT NULL,
    revoked_at     bigint,
    is_viewer      boolean NOT NULL,
    within_account text
);
CREATE TABLE dashboard_sessions (
    id_hash  bytea  PRIMARY KEY,
    key_id   bigint NOT NULL REFERENCES account_keys (id),
    began_at bigint NOT NULL,
    used_at  bigint NOT NULL
);

CREATE TABLE accounts (
    no              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id      text    COLLATE "C" NOT NULL UNIQUE,
    name            text    COLLATE "C",
    parent_no       bigint  REFERENCES accounts (no),
    hierarchy_label text    COLLATE "C",
    join_date       bigint,
    details         text    NOT NULL DEFAULT '{}',
    details_at      bigint  NOT NULL DEFAULT 0,
    is_deleted      boolean NOT NULL DEFAULT false,
    own             text    NOT NULL DEFAULT '{}',
    public          text    NOT NULL DEFAULT '{}',
    has_usage       boolean NOT NULL DEFAULT false   -- whether an event of it was not set aside
);
CREATE INDEX accounts_by_parent ON accounts (parent_no) WHERE parent_no IS NOT NULL;
CREATE TABLE users (
    no         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    text    COLLATE "C" NOT NULL UNIQUE,
    account_no bigint  NOT NULL REFERENCES accounts (no),
    first_name text    COLLATE "C",
    last_name  text    COLLATE "C",
    details    text    NOT NULL DEFAULT '{}',
    details_at bigint  NOT NULL DEFAULT 0,
    is_deleted boolean NOT NULL DEFAULT false,
    own        text    NOT NULL DEFAULT '{}',
    public     text    NOT NULL DEFAULT '{}'
);
CREATE INDEX users_by_account ON users (account_no);

CREATE TABLE financials (
    no         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_no bigint NOT NULL REFERENCES accounts (no),
    id         text   COLLATE "C" NOT NULL,
    date       bigint NOT NULL,
    name       text   NOT NULL,
    amount     bigint NOT NULL,                -- in 1/10000 of the currency's unit
    currency   text   NOT NULL,
    UNIQUE (account_no, id)
);
CREATE TABLE account_records (
    no         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_no bigint NOT NULL REFERENCES accounts (no),
    kind       text   NOT NULL,
    id         text   COLLATE "C" NOT NULL,
    date       bigint NOT NULL,
    fields     text   NOT NULL,                -- JSON object
    UNIQUE (account_no, kind, id)
);

CREATE TABLE alert_rules (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text   COLLATE "C" NOT NULL UNIQUE,
    rule       text   NOT NULL,
    created_at bigint NOT NULL,
    checked_at bigint
);
CREATE TABLE webhook (
    id         integer PRIMARY KEY CHECK (id = 1),
    url        text    NOT NULL,
    secret     bytea   NOT NULL,
    created_at bigint  NOT NULL
);
CREATE TABLE alert_messages (
    id           text    PRIMARY KEY,
    rule_id      bigint  NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    created_at   bigint  NOT NULL,
    attempts     bigint  NOT NULL DEFAULT 0,
    next_at      bigint,
    delivered_at bigint,
    last_error   text
);
CREATE INDEX alert_messages_waiting ON alert_messages (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX alert_messages_by_rule ON alert_messages (rule_id);
CREATE TABLE alerts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id    bigint NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    account_no bigint NOT NULL REFERENCES accounts (no) ON DELETE CASCADE,
    user_no    bigint REFERENCES users (no) ON DELETE CASCADE,
    now        double precision,
    before     double precision,
    began_at   bigint NOT NULL,
    ended_at   bigint,
    message_id text REFERENCES alert_messages (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX alerts_holding ON alerts (rule_id, account_no, coalesce(user_no, 0))
    WHERE ended_at IS NULL;
CREATE INDEX alerts_by_account ON alerts (account_no);
CREATE INDEX alerts_by_user ON alerts (user_no) WHERE user_no IS NOT NULL;
CREATE INDEX alerts_by_message ON alerts (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE saved_views (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text   COLLATE "C" NOT NULL UNIQUE,
    address    text   NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE refusals (
    source_id  bigint NOT NULL REFERENCES sources (id),
    kind       text   NOT NULL,
    account_id text   NOT NULL,                -- '' for none
    lines      bigint NOT NULL,
    first_at   bigint NOT NULL,
    last_at    bigint NOT NULL,
    example    text   NOT NULL,
    PRIMARY KEY (source_id, kind, account_id)
);

CREATE TABLE streams (
    stream_id     text   COLLATE "C" PRIMARY KEY,
    first_at      bigint NOT NULL,
    made          bigint NOT NULL,
    received      bigint NOT NULL,
    duplicates    bigint NOT NULL,
    rejected      bigint NOT NULL,
    seqs          bytea  NOT NULL,             -- a Roaring bitmap
    rejected_seqs bytea  NOT NULL,
    implausible   bigint
);
CREATE INDEX streams_by_time ON streams (first_at);

-- Every event that was accepted, once. Rows are never changed: blocks are read again.
CREATE SEQUENCE event_numbers;
CREATE TABLE events (
    no              bigint  NOT NULL DEFAULT nextval('event_numbers'),
    tx              bigint  NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    day             integer NOT NULL,          -- of created_at in UTC, since the Unix epoch
    key             bytea   NOT NULL,          -- see store/event_key.rs
    event_id        text    NOT NULL,
    account_id      text    COLLATE "C" NOT NULL,
    user_id         text    COLLATE "C" NOT NULL,
    session_id      text,
    created_at      bigint  NOT NULL,
    action          text    NOT NULL,
    feature         text,
    module          text,
    product         text,
    total           double precision,
    time_spent      bigint,
    active_duration bigint,
    visitor_id      text,
    stream_id       text,
    seq             bigint,
    url             text,
    title           text,
    referrer        text,
    details         text,
    extra           text,
    received_at     bigint  NOT NULL,
    source_id       bigint  NOT NULL,
    set_aside       boolean NOT NULL,          -- as it was decided when it arrived
    PRIMARY KEY (day, key)
) PARTITION BY RANGE (day);
CREATE TABLE events_other PARTITION OF events DEFAULT;
CREATE INDEX events_by_tx ON events (tx);
CREATE INDEX events_by_no ON events (no);
CREATE INDEX events_set_aside ON events (user_id, account_id) WHERE set_aside;

-- The events that were set aside and count since their user was moved.
CREATE TABLE releases (
    day integer NOT NULL,
    key bytea   NOT NULL,
    tx  bigint  NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    PRIMARY KEY (day, key)
);
CREATE INDEX releases_by_tx ON releases (tx);

-- The ranges of transactions that are shipped to ClickHouse, one after the other.
CREATE TABLE blocks (
    no      bigint PRIMARY KEY,
    from_tx bigint NOT NULL,
    to_tx   bigint NOT NULL,                   -- excluded
    events  bigint NOT NULL                    -- how many arrived in it
);
-- The nodes of ClickHouse. An event is on the shard of its user.
CREATE TABLE nodes (
    name       text    PRIMARY KEY,            -- host, port and database
    shard      integer NOT NULL,
    shards     integer NOT NULL,               -- of how many
    life       text    NOT NULL,               -- what its table is named after
    shipped    bigint  NOT NULL DEFAULT 0,     -- the last block that the table has; 0 for none
    marked     bigint  NOT NULL DEFAULT 0,     -- the same a while ago
    marked_at  bigint  NOT NULL DEFAULT 0,
    flushed    bigint  NOT NULL DEFAULT 0,     -- the same on disk
    removed    bigint  NOT NULL DEFAULT 0,     -- the last removal that the table has had
    removed_at bigint  NOT NULL DEFAULT 0,
    started    bigint                          -- when the server was, in s
);

CREATE TABLE erasures (
    kind      text   NOT NULL,
    id_hash   bytea  NOT NULL,
    erased_at bigint NOT NULL,
    PRIMARY KEY (kind, id_hash)
);
-- What was erased, until no node of ClickHouse has it any more.
CREATE TABLE removals (
    no       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    up_to    bigint NOT NULL,                  -- the last block that may have some of it
    keys     bytea  NOT NULL,                  -- of events, 16 bytes each
    users    text[] NOT NULL,
    accounts text[] NOT NULL
);

-- What the inbox has no more: with --keep-raw, events from before a time, all of them in
-- blocks up to one; and what was erased, so many times.
CREATE TABLE inbox_state (
    id             integer PRIMARY KEY CHECK (id = 1),
    dropped_before bigint  NOT NULL,
    dropped_up_to  bigint  NOT NULL,
    erasures       bigint  NOT NULL
);
INSERT INTO inbox_state VALUES (1, 0, 0, 0);
-- What their release needs of dropped events that were set aside.
CREATE TABLE aside_events (
    day             integer NOT NULL,
    key             bytea   NOT NULL,
    no              bigint  NOT NULL,
    tx              bigint  NOT NULL,
    account_id      text    COLLATE "C" NOT NULL,
    user_id         text    COLLATE "C" NOT NULL,
    session_id      text,
    created_at      bigint  NOT NULL,
    product         text,
    module          text,
    feature         text,
    action          text    NOT NULL,
    total           double precision,
    time_spent      bigint,
    active_duration bigint,
    set_aside       boolean NOT NULL,
    PRIMARY KEY (day, key)
);
CREATE INDEX aside_events_by_user ON aside_events (user_id, account_id);
CREATE VIEW releasable AS
    SELECT day, key, no, tx, account_id, user_id, session_id, created_at, product, module,
        feature, action, total, time_spent, active_duration, set_aside
    FROM events WHERE set_aside
    UNION ALL
    SELECT day, key, no, tx, account_id, user_id, session_id, created_at, product, module,
        feature, action, total, time_spent, active_duration, set_aside
    FROM aside_events;
"#;

/// The table is unlogged: its rows change all the time, and losing them in a crash only gives each
/// key its burst again.
const V2: &str = "
-- How far ahead of its rate each key is, by what collectors have drawn for it.
CREATE UNLOGGED TABLE request_rates (
    kind          text   NOT NULL,             -- 'source', or 'key' for one that reads
    number        bigint NOT NULL,
    allowed_until bigint NOT NULL,             -- in ns since the Unix epoch
    granted       bigint NOT NULL,             -- by the last draw
    PRIMARY KEY (kind, number)
) WITH (fillfactor = 50);
";

/// A start time in whole seconds does not identify a run of a server. Now each run has a number.
const V3: &str = "
ALTER TABLE nodes DROP COLUMN started;
ALTER TABLE nodes ADD COLUMN run bigint;       -- the number of the run of the server
";

/// Several events may have the same number.
const V4: &str = "
ALTER TABLE streams ADD COLUMN events bigint NOT NULL DEFAULT 0;   -- accepted and not erased
UPDATE streams SET events = received;
";

/// The unique index of a day is dropped with its events, but an event that was old when it arrived
/// may be repeated later.
const V5: &str = "
CREATE TABLE dropped_keys (                    -- of dropped events that may still be repeated
    day         integer NOT NULL,
    key         bytea   NOT NULL,
    received_at bigint  NOT NULL,
    PRIMARY KEY (day, key)
);
CREATE INDEX dropped_keys_by_arrival ON dropped_keys (received_at);
";

/// Connects to an address, and migrates the database to the current schema.
pub(super) async fn open(address: &str) -> std::result::Result<Pool, StoreError> {
    let pool = postgres::pool(address).map_err(Failure::at_start)?;
    // Running collectors may use the tables.
    let migrated = retried(|| async { migrate(&mut pool.get().await?).await });
    migrated.await.map_err(Failure::at_start)??;
    Ok(pool)
}

/// Migrates the database. One collector does so while the others wait.
async fn migrate(client: &mut Client) -> Result<std::result::Result<(), StoreError>> {
    let tx = client.transaction().await?;
    Lock::Migration.hold(&tx).await?;
    tx.batch_execute(
        "CREATE TABLE IF NOT EXISTS natero_schema (version bigint NOT NULL);
         INSERT INTO natero_schema SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM natero_schema)",
    )
    .await?;
    let found: i64 = tx
        .query_one("SELECT version FROM natero_schema", &[])
        .await?
        .get(0);
    let known = MIGRATIONS.len() as i64;
    let Some(missing) = usize::try_from(found)
        .ok()
        .and_then(|found| MIGRATIONS.get(found..))
    else {
        return Ok(Err(StoreError::TooNew { found, known }));
    };
    for migration in missing {
        tx.batch_execute(migration).await?;
    }
    tx.execute("UPDATE natero_schema SET version = $1", &[&known])
        .await?;
    tx.commit().await?;
    Ok(Ok(()))
}
