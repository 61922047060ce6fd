//! The contents of the pages for data quality and for losses.

use std::collections::HashMap;

use super::{stream_owners, tree};
use crate::{
    model::usage::Span,
    store::{
        loss::{LossPage, Owned, StreamOwner},
        quality::{
            AccountLoss, Losses, MAX_STREAMS, NonLeafUsage, PhantomParent, QualityPage, StreamLoss,
            UncountedUsage, UserConflict,
        },
        scaled::{
            failure::Result,
            figures::{lookup, reading::Reading, uncounted},
            hierarchy::{self, Node},
            nodes::Nodes,
            postgres::{Tx, query},
            refusals, streams, undescribed,
            visible::VisibleAccounts,
        },
    },
};

/// Reads the page for data quality.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    nodes: &Nodes,
    span: Span,
) -> Result<QualityPage> {
    let mut loss = streams::loss(tx, span).await?;
    let implausible = std::mem::take(&mut loss.implausible_streams);
    let ids: Vec<&str> = ids(&implausible, |stream| &stream.stream_id);
    let owners = stream_owners::find(tx, nodes, &ids).await?;
    Ok(QualityPage {
        implausible: owned(implausible, &owners, |stream| &stream.stream_id),
        uncounted: uncounted_usage(tx, nodes, span).await?,
        phantoms: phantom_parents(tx, nodes).await?,
        nameless: undescribed::with_usage(tx, nodes).await?,
        undescribed: undescribed::find(tx, nodes).await?,
        refusals: refusals::list(tx).await?,
        losses: losses(tx, nodes, span).await?,
        loss,
        tree: tree::first_level(tx, VisibleAccounts::All).await?,
    })
}

/// Reads the page for the loss report.
pub(in crate::store::scaled) async fn loss(
    tx: &Tx<'_>,
    nodes: &Nodes,
    span: Span,
) -> Result<LossPage> {
    let report = streams::loss(tx, span).await?;
    let mut all = ids(&report.worst, |stream| &stream.stream_id);
    all.extend(ids(&report.implausible_streams, |stream| &stream.stream_id));
    let owners = stream_owners::find(tx, nodes, &all).await?;
    Ok(LossPage {
        worst: owned(report.worst.clone(), &owners, |stream| &stream.stream_id),
        implausible: owned(report.implausible_streams.clone(), &owners, |stream| {
            &stream.stream_id
        }),
        tree: tree::first_level(tx, VisibleAccounts::All).await?,
        report,
    })
}

fn ids<T>(streams: &[T], id: impl Fn(&T) -> &String) -> Vec<&str> {
    streams.iter().map(|stream| id(stream).as_str()).collect()
}

/// Adds their owners to streams.
fn owned<T>(
    streams: Vec<T>,
    owners: &HashMap<String, StreamOwner>,
    id: impl Fn(&T) -> &String,
) -> Vec<Owned<T>> {
    let streams = streams.into_iter();
    streams
        .map(|stream| {
            let owner = owners.get(id(&stream)).cloned();
            (stream, owner)
        })
        .collect()
}

/// Reads the usage of a span that does not count, in the order in which accounts and users were
/// created.
async fn uncounted_usage(tx: &Tx<'_>, nodes: &Nodes, span: Span) -> Result<UncountedUsage> {
    let reading = Reading::of(tx, nodes, hierarchy::everywhere(tx).await?).await?;
    let at_non_leaves = uncounted::at_non_leaves(&reading, span).await?;
    let aside = uncounted::aside(&reading, span).await?;
    let ids: Vec<&str> = at_non_leaves
        .iter()
        .map(|of| of.account_id.as_str())
        .collect();
    let sql = "SELECT a.account_id, a.name, n.place, (SELECT COUNT(*) FROM accounts c
            WHERE c.parent_no = a.no AND NOT c.is_deleted)
        FROM unnest($1::text[]) WITH ORDINALITY AS n (account_id, place)
            JOIN accounts a ON a.account_id = n.account_id ORDER BY a.no";
    let rows = query(tx, sql, &[&ids]).await?;
    let non_leaf = rows.iter().map(|row| {
        let of = &at_non_leaves[place(row.get(2))];
        NonLeafUsage {
            account_id: row.get(0),
            account_name: row.get(1),
            children: row.get(3),
            events: of.events,
            users: of.users,
        }
    });
    let ids: Vec<&str> = aside.iter().map(|of| of.account_id.as_str()).collect();
    let users: Vec<&str> = aside.iter().map(|of| of.user_id.as_str()).collect();
    let sql = "SELECT u.user_id, a.account_id, a.name, h.account_id, h.name, n.place
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (account_id, user_id, place)
            JOIN accounts a ON a.account_id = n.account_id
            JOIN users u ON u.user_id = n.user_id JOIN accounts h ON h.no = u.account_no
        ORDER BY a.no, u.no";
    let rows = query(tx, sql, &[&ids, &users]).await?;
    let conflicts = rows.iter().map(|row| UserConflict {
        user_id: row.get(0),
        account_id: row.get(1),
        account_name: row.get(2),
        home_id: row.get(3),
        home_name: row.get(4),
        events: aside[place(row.get(5))].events,
    });
    Ok(UncountedUsage {
        conflicts: conflicts.collect(),
        non_leaf: non_leaf.collect(),
    })
}

/// The index in a list for an ordinal number, which begins with 1.
fn place(ordinal: i64) -> usize {
    usize::try_from(ordinal - 1).unwrap_or(0)
}

/// Finds the accounts that exist only because others name them as their parent: no record, event or
/// user describes them. A typing error creates such an account.
async fn phantom_parents(tx: &Tx<'_>, nodes: &Nodes) -> Result<Vec<PhantomParent>> {
    let sql = "SELECT a.account_id, COUNT(c.no), MIN(coalesce(c.name, c.account_id)), a.no
        FROM accounts a JOIN accounts c ON c.parent_no = a.no AND NOT c.is_deleted
        WHERE a.details_at = 0 AND a.name IS NULL AND a.hierarchy_label IS NULL
            AND a.join_date IS NULL AND a.details = '{}' AND NOT a.has_usage
            AND NOT EXISTS (SELECT 1 FROM users u WHERE u.account_no = a.no)
        GROUP BY a.no ORDER BY 2 DESC, 1";
    let rows = query(tx, sql, &[]).await?;
    let scope = rows.iter().map(|row| Node {
        no: row.get(3),
        account_id: row.get(0),
        is_leaf: false,
    });
    // Accounts whose events are all set aside are not excluded yet.
    let reading = Reading::of(tx, nodes, scope.collect()).await?;
    let described = if rows.is_empty() {
        Default::default()
    } else {
        lookup::with_events(&reading).await?
    };
    let phantoms = rows.iter().map(|row| PhantomParent {
        account_id: row.get(0),
        children: row.get(1),
        example: row.get(2),
    });
    Ok(phantoms
        .filter(|phantom| !described.contains(&phantom.account_id))
        .collect())
}

/// Sums up the losses of the streams that began in a span by account.
async fn losses(tx: &Tx<'_>, nodes: &Nodes, span: Span) -> Result<Vec<AccountLoss>> {
    let sql = "SELECT stream_id, made, made - received - rejected, first_at FROM streams
        WHERE first_at >= $1 AND first_at < $2 AND made > received + rejected
        ORDER BY made - received - rejected DESC LIMIT $3";
    let rows = query(tx, sql, &[&span.from, &span.to, &MAX_STREAMS]).await?;
    let ids: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    let owners = stream_owners::find(tx, nodes, &ids).await?;
    let mut losses = Losses::default();
    for (row, id) in rows.iter().zip(ids) {
        let loss = StreamLoss {
            made: row.get(1),
            missing: row.get(2),
            first_at: row.get(3),
        };
        losses.add(&loss, owners.get(id).cloned());
    }
    Ok(losses.finish())
}
