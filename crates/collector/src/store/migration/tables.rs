//! The tables that both stores have, with the columns that are migrated.
//!
//! Columns have the same names in both stores. Accounts, keys, rules and records keep their
//! numbers, because clients know some of them.

/// The type of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A boolean.
    Flag,
    /// A 32-bit integer.
    Small,
    /// A 64-bit integer.
    Number,
    /// A number with a fraction.
    Float,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

/// A table that is migrated.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in the order of the values of a row.
    pub columns: &'static [(&'static str, Kind)],
    /// The column whose values the store generates for new rows.
    pub numbered: Option<&'static str>,
}

use Kind::{Bytes, Flag, Float, Number, Small, Text};

/// The tables that events refer to, each after the tables that it refers to.
pub const ENTITIES: [Table; 11] = [
    Table {
        name: "accounts",
        columns: &[
            ("no", Number),
            ("account_id", Text),
            ("name", Text),
            ("parent_no", Number),
            ("hierarchy_label", Text),
            ("join_date", Number),
            ("details", Text),
            ("details_at", Number),
            ("is_deleted", Flag),
            ("own", Text),
            ("public", Text),
            ("has_usage", Flag),
        ],
        numbered: Some("no"),
    },
    Table {
        name: "users",
        columns: &[
            ("no", Number),
            ("user_id", Text),
            ("account_no", Number),
            ("first_name", Text),
            ("last_name", Text),
            ("details", Text),
            ("details_at", Number),
            ("is_deleted", Flag),
            ("own", Text),
            ("public", Text),
        ],
        numbered: Some("no"),
    },
    Table {
        name: "financials",
        columns: &[
            ("no", Number),
            ("account_no", Number),
            ("id", Text),
            ("date", Number),
            ("name", Text),
            ("amount", Number),
            ("currency", Text),
        ],
        numbered: Some("no"),
    },
    Table {
        name: "account_records",
        columns: &[
            ("no", Number),
            ("account_no", Number),
            ("kind", Text),
            ("id", Text),
            ("date", Number),
            ("fields", Text),
        ],
        numbered: Some("no"),
    },
    Table {
        name: "alert_rules",
        columns: &[
            ("id", Number),
            ("name", Text),
            ("rule", Text),
            ("created_at", Number),
            ("checked_at", Number),
        ],
        numbered: Some("id"),
    },
    Table {
        name: "webhook",
        columns: &[
            ("id", Small),
            ("url", Text),
            ("secret", Bytes),
            ("created_at", Number),
        ],
        numbered: None,
    },
    Table {
        name: "alert_messages",
        columns: &[
            ("id", Text),
            ("rule_id", Number),
            ("created_at", Number),
            ("attempts", Number),
            ("next_at", Number),
            ("delivered_at", Number),
            ("last_error", Text),
        ],
        numbered: None,
    },
    Table {
        name: "alerts",
        columns: &[
            ("id", Number),
            ("rule_id", Number),
            ("account_no", Number),
            ("user_no", Number),
            ("now", Float),
            ("before", Float),
            ("began_at", Number),
            ("ended_at", Number),
            ("message_id", Text),
        ],
        numbered: Some("id"),
    },
    Table {
        name: "saved_views",
        columns: &[
            ("id", Number),
            ("name", Text),
            ("address", Text),
            ("created_at", Number),
        ],
        numbered: Some("id"),
    },
    Table {
        name: "streams",
        columns: &[
            ("stream_id", Text),
            ("first_at", Number),
            ("made", Number),
            ("received", Number),
            ("duplicates", Number),
            ("rejected", Number),
            ("seqs", Bytes),
            ("rejected_seqs", Bytes),
            ("implausible", Number),
            ("events", Number),
        ],
        numbered: None,
    },
    Table {
        name: "erasures",
        columns: &[("kind", Text), ("id_hash", Bytes), ("erased_at", Number)],
        numbered: None,
    },
];

/// Keys, and what belongs to them. They are copied last, so that nobody can send or read anything
/// before the migration is complete.
pub const KEYS: [Table; 4] = [
    Table {
        name: "sources",
        columns: &[
            ("id", Number),
            ("auth_hash", Bytes),
            ("api_hash", Bytes),
            ("name", Text),
            ("trusted", Flag),
            ("allow_hierarchy", Flag),
            ("origins", Text),
            ("created_at", Number),
            ("revoked_at", Number),
        ],
        numbered: Some("id"),
    },
    Table {
        name: "account_keys",
        columns: &[
            ("id", Number),
            ("hash", Bytes),
            ("name", Text),
            ("created_at", Number),
            ("revoked_at", Number),
            ("is_viewer", Flag),
            ("within_account", Text),
        ],
        numbered: Some("id"),
    },
    Table {
        name: "dashboard_sessions",
        columns: &[
            ("id_hash", Bytes),
            ("key_id", Number),
            ("began_at", Number),
            ("used_at", Number),
        ],
        numbered: None,
    },
    Table {
        name: "refusals",
        columns: &[
            ("source_id", Number),
            ("kind", Text),
            ("account_id", Text),
            ("lines", Number),
            ("first_at", Number),
            ("last_at", Number),
            ("example", Text),
        ],
        numbered: None,
    },
];

/// Events, and figures converted into events.
pub const EVENTS: Table = Table {
    name: "events",
    columns: &[
        ("day", Small),
        ("key", Bytes),
        ("no", Number),
        ("event_id", Text),
        ("account_id", Text),
        ("user_id", Text),
        ("session_id", Text),
        ("created_at", Number),
        ("action", Text),
        ("feature", Text),
        ("module", Text),
        ("product", Text),
        ("total", Float),
        ("time_spent", Number),
        ("active_duration", Number),
        ("visitor_id", Text),
        ("stream_id", Text),
        ("seq", Number),
        ("url", Text),
        ("title", Text),
        ("referrer", Text),
        ("details", Text),
        ("extra", Text),
        ("received_at", Number),
        ("source_id", Number),
        ("set_aside", Flag),
    ],
    numbered: None,
};
