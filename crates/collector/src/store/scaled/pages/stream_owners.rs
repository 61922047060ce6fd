//! The owners of streams: a stream has no account of its own, but its first event has.

use std::collections::HashMap;

use crate::store::{
    loss::StreamOwner,
    scaled::{
        failure::Result,
        figures::{lookup, reading::Reading},
        hierarchy, latest,
        nodes::Nodes,
        postgres::{Tx, query},
    },
};

/// Finds the owners of streams. A stream is missing from the result when none of its events is
/// stored: all were rejected, or old ones were dropped.
pub(super) async fn find(
    tx: &Tx<'_>,
    nodes: &Nodes,
    stream_ids: &[&str],
) -> Result<HashMap<String, StreamOwner>> {
    if stream_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "SELECT first_at FROM streams WHERE stream_id = ANY($1::text[])";
    let rows = query(tx, sql, &[&stream_ids]).await?;
    let times = rows.iter().map(|row| row.get(0));
    let everywhere = hierarchy::everywhere(tx).await?;
    // The inbox has no index by stream, so events are found by their time; few are made in the same
    // ms.
    let reading = Reading::of(tx, nodes, everywhere).await?;
    let made = lookup::made_at(&reading, times).await?;
    let (days, keys) = latest::places(&made);
    let sql = "SELECT DISTINCT ON (s.stream_id)
            s.stream_id, e.account_id, a.name, e.user_id, s.first_at
        FROM unnest($1::integer[], $2::bytea[]) AS n (day, key)
            JOIN events e ON e.day = n.day AND e.key = n.key
            JOIN streams s ON s.stream_id = e.stream_id AND s.first_at = e.created_at
            LEFT JOIN accounts a ON a.account_id = e.account_id
        WHERE s.stream_id = ANY($3::text[]) ORDER BY s.stream_id, e.no";
    let rows = query(tx, sql, &[&days, &keys, &stream_ids]).await?;
    let owners = rows.iter().map(|row| {
        let owner = StreamOwner {
            account_id: row.get(1),
            account_name: row.get(2),
            user_id: row.get(3),
            first_at: row.get(4),
        };
        (row.get(0), owner)
    });
    Ok(owners.collect())
}
