//! The rows of events in ClickHouse.

use natero_event::ActionKind;
use tokio_postgres::Row;

use super::{clickhouse::Clickhouse, failure::Result, row_binary::RowBinary};
use crate::store::sums::event_sums;

/// Columns of the inbox from which [`ShippedEvent::read`] makes a row.
pub(super) const COLUMNS: &str = "e.key, e.account_id, e.user_id, e.session_id, e.created_at,
    e.product, e.module, e.feature, e.action, e.total, e.time_spent, e.active_duration,
    e.set_aside";

/// The columns of a row, in the order in which [`ShippedEvent::write`] writes them.
const STRUCTURE: &str = "key FixedString(16), account_id String, user_id String, \
    session_id Nullable(String), created_at Int64, product Nullable(String), \
    module Nullable(String), feature Nullable(String), features Float64, module_time UInt64, \
    active_time UInt64, set_aside UInt8";

/// The columns of the external table of events that have not been shipped.
pub(super) const PENDING: &str = STRUCTURE;

/// Creates a table of events. The column `block` has the block that brought an event, and
/// `released` the block that brought its release; 0 for none. An event that was inserted twice
/// counts once, with its release if there is one.
pub(super) async fn create_table(server: &Clickhouse, table: &str) -> Result<()> {
    // A block may contain events of any year. Partitions are whole years, because ClickHouse
    // refuses an insert that touches too many partitions.
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {table} (
            {STRUCTURE}, block UInt64, released UInt64
        ) ENGINE = ReplacingMergeTree(released)
        PARTITION BY toYear(toDateTime(intDiv(created_at, 1000), 'UTC'))
        ORDER BY (account_id, created_at, key)"
    );
    server.execute(&sql).await?;
    Ok(())
}

/// An event that is shipped.
#[derive(Debug)]
pub(super) struct ShippedEvent<'a> {
    row: &'a Row,
}

impl<'a> ShippedEvent<'a> {
    /// Reads an event from a row that begins with [`COLUMNS`].
    pub(super) fn read(row: &'a Row) -> Self {
        ShippedEvent { row }
    }

    /// Writes the columns of the row. `set_aside` is whether the event is set aside now.
    pub(super) fn write(&self, rows: &mut RowBinary, set_aside: bool) {
        let row = self.row;
        let sums = event_sums(
            ActionKind::from_name(row.get(8)),
            row.get(9),
            row.get(10),
            row.get(11),
        );
        rows.bytes(row.get(0));
        rows.text(row.get(1));
        rows.text(row.get(2));
        rows.optional(row.get(3));
        rows.signed(row.get(4));
        rows.optional(row.get(5));
        rows.optional(row.get(6));
        rows.optional(row.get(7));
        rows.float(sums.features);
        rows.number(sums.module_time);
        rows.number(sums.active_time);
        rows.flag(set_aside);
    }

    /// Its key.
    pub(super) fn key(&self) -> &'a [u8] {
        self.row.get(0)
    }

    /// When it was made.
    pub(super) fn created_at(&self) -> i64 {
        self.row.get(4)
    }

    /// The id of its user.
    pub(super) fn user_id(&self) -> &'a str {
        self.row.get(2)
    }

    /// Whether it was set aside when it arrived.
    pub(super) fn was_set_aside(&self) -> bool {
        self.row.get(12)
    }
}
