//! Asks two stores the same questions and reports where their answers differ.

use std::{fmt::Debug, sync::Arc};

use serde_json::json;
use tokio::task::JoinSet;

use super::{
    StoreError,
    accounts::{AccountsQuestion, UsersQuestion},
    alerts::AlertsQuestion,
    latest_events::LatestQuestion,
    operations::Store,
    usage::{RowPage, UsageQuestion, UsageReport},
};
use crate::model::{
    calendar::TimeZone,
    page::Page,
    usage::{Dimension, Filter, Span},
    visibility::Visibility,
};

/// Number of records of a list that are compared at a time.
const PAGE: i64 = 1000;

/// Number of trees that are compared concurrently.
const AT_ONCE: usize = 8;

/// Number of latest events that are compared.
const LATEST: usize = 1000;

/// The dimensions by which the usage of each tree is broken down.
const DIMENSIONS: [Dimension; 6] = [
    Dimension::Account,
    Dimension::User,
    Dimension::Product,
    Dimension::Module,
    Dimension::Feature,
    Dimension::Month,
];

/// Maximum number of characters of an answer in a report.
const MOST_LETTERS: usize = 300;

/// How many of these characters precede the first difference.
const LETTERS_BEFORE: usize = 100;

/// Two stores that should give the same answers.
#[derive(Debug, Clone)]
pub struct StorePair {
    /// The store whose answers are correct.
    pub right: Arc<dyn Store>,
    /// The other.
    pub other: Arc<dyn Store>,
}

/// Compares everything that does not change by itself, as of `now`: lists of accounts and users,
/// the usage of each tree by each dimension, its financial sums, losses, rules and alerts, and the
/// latest events. Returns one line for each difference. `on_progress` is called with the number of trees
/// compared so far and the number of all trees.
///
/// # Errors
/// Fails when one of the stores fails.
pub async fn differences(
    compared: &StorePair,
    now: i64,
    on_progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    compare_lists(compared, &mut found).await?;
    compare_rest(compared, &mut found).await?;
    let roots = roots(compared).await?;
    let all = roots.len();
    let (mut roots, mut done, mut running) = (roots.into_iter(), 0, JoinSet::new());
    loop {
        while running.len() < AT_ONCE
            && let Some(root) = roots.next()
        {
            running.spawn(compare_tree(compared.clone(), root, now));
        }
        let Some(ended) = running.join_next().await else {
            return Ok(found);
        };
        let of_tree = ended.map_err(|cause| StoreError::Failed(cause.to_string()))?;
        found.extend(of_tree?);
        done += 1;
        on_progress(done, all);
    }
}

/// Adds a line to `found` if the answers differ.
fn compare<T: PartialEq + Debug>(found: &mut Vec<String>, what: &str, right: &T, other: &T) {
    if right != other {
        let (right, other) = (format!("{right:?}"), format!("{other:?}"));
        let from = first_difference(&right, &other);
        let excerpt_of = |answer: &str| excerpt(answer, from);
        found.push(format!(
            "{what}: {} became {}",
            excerpt_of(&right),
            excerpt_of(&other)
        ));
    }
}

/// The position of the first difference between two texts, in characters.
fn first_difference(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars());
    same.take_while(|(one, other)| one == other).count()
}

/// The part of a text around a position.
fn excerpt(text: &str, place: usize) -> String {
    let from = place.saturating_sub(LETTERS_BEFORE);
    let mut letters = text.chars().skip(from);
    let shown: String = letters.by_ref().take(MOST_LETTERS).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if letters.next().is_some() { "…" } else { "" };
    format!("{before}{shown}{after}")
}

async fn compare_lists(compared: &StorePair, found: &mut Vec<String>) -> Result<(), StoreError> {
    let StorePair { right, other } = compared;
    for number in 1.. {
        let page = Page {
            limit: PAGE,
            number,
        };
        let question = AccountsQuestion::default;
        let (accounts, others) = (
            right.accounts(question(), page).await?.unwrap_or_default(),
            other.accounts(question(), page).await?.unwrap_or_default(),
        );
        let what = format!("accounts, page {number}");
        compare(found, &what, &accounts.1, &others.1);
        for (account, other) in accounts.0.iter().zip(&others.0) {
            compare(found, "an account", account, other);
        }
        let users = right
            .users(UsersQuestion::default(), page)
            .await?
            .unwrap_or_default();
        let others = other
            .users(UsersQuestion::default(), page)
            .await?
            .unwrap_or_default();
        let what = format!("users, page {number}");
        compare(found, &what, &users.1, &others.1);
        for (user, other) in users.0.iter().zip(&others.0) {
            compare(found, "a user", user, other);
        }
        if number * PAGE >= accounts.1.max(users.1) {
            break;
        }
    }
    Ok(())
}

async fn compare_rest(compared: &StorePair, found: &mut Vec<String>) -> Result<(), StoreError> {
    let StorePair { right, other } = compared;
    let (loss, others) = (right.loss(Span::ALL).await?, other.loss(Span::ALL).await?);
    compare(found, "the loss report", &loss, &others);
    let (rules, others) = (right.alert_rules().await?, other.alert_rules().await?);
    compare(found, "the rules of alerts", &rules, &others);
    let (receiver, others) = (right.webhook().await?, other.webhook().await?);
    compare(
        found,
        "the receiver of alerts",
        &(receiver.0.is_some(), receiver.1),
        &(others.0.is_some(), others.1),
    );
    let page = Page {
        limit: PAGE,
        number: 1,
    };
    let question = AlertsQuestion::default;
    let alerts = right.alerts(question(), page).await?;
    let others = other.alerts(question(), page).await?;
    compare(found, "alerts", &alerts, &others);
    let question = || LatestQuestion {
        after: None,
        account_id: None,
        limit: LATEST,
    };
    let (events, others) = (
        right.latest_events(question()).await?,
        other.latest_events(question()).await?,
    );
    compare(found, "the latest events", &events, &others);
    Ok(())
}

/// The accounts without a parent.
async fn roots(compared: &StorePair) -> Result<Vec<String>, StoreError> {
    let mut roots = Vec::new();
    for number in 1.. {
        let page = Page {
            limit: PAGE,
            number,
        };
        let question = AccountsQuestion {
            roots_only: true,
            ..AccountsQuestion::default()
        };
        let listed = compared.right.accounts(question, page).await?;
        let (accounts, total) = listed.unwrap_or_default();
        roots.extend(accounts.into_iter().map(|account| account.account_id));
        if number * PAGE >= total {
            break;
        }
    }
    Ok(roots)
}

async fn compare_tree(
    compared: StorePair,
    root: String,
    now: i64,
) -> Result<Vec<String>, StoreError> {
    let StorePair { right, other } = compared;
    let mut found = Vec::new();
    for by in DIMENSIONS {
        let question = question(&root, by);
        let what = format!("the usage of {root:?} by {by:?}");
        let report = right.usage(question.clone()).await?;
        let others = other.usage(question).await?;
        compare(&mut found, &what, &printed(report), &printed(others));
    }
    let summary = right.summary(root.clone(), now).await?;
    let others = other.summary(root.clone(), now).await?;
    let what = format!("the records of {root:?}");
    compare(&mut found, &what, &summary, &others);
    Ok(found)
}

fn question(root: &str, by: Dimension) -> UsageQuestion {
    UsageQuestion {
        account_id: root.to_owned(),
        within: Visibility::All,
        rollup: true,
        by: Some(by),
        span: Span::ALL,
        before: None,
        time_zone: TimeZone::UTC,
        filter: Filter::default(),
        page: RowPage::ALL,
    }
}

/// A report as it is printed. Printing rounds sums of fractions, which differ slightly because no
/// two stores add them in the same order.
fn printed(report: Option<UsageReport>) -> Vec<String> {
    let Some(report) = report else {
        return Vec::new();
    };
    let totals = json!({"totals": report.totals}).to_string();
    let uncaptured = format!("{:?}", report.uncaptured);
    let rows = report.rows.iter().map(|row| json!(row).to_string());
    [totals, uncaptured].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_from_where_it_begins() {
        let answer = |end: &str| format!("{}{end}", "ä".repeat(5000));
        let mut found = Vec::new();
        compare(&mut found, "all", &answer("1"), &answer("2"));
        compare(&mut found, "some", &"one", &"two");
        assert_eq!(found[1], "some: \"one\" became \"two\"");
        assert!(found[0].contains("ä1\" became …ä"), "{}", found[0]);
        assert!(found[0].ends_with("ä2\""), "{}", found[0]);
        assert!(found[0].chars().count() < 2 * MOST_LETTERS + 40);
    }
}
