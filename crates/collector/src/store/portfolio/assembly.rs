//! Builds the rows of the list from each account's own figures.

use std::collections::BTreeMap;

use super::{
    ListQuestion, ListRange, ListedAccount, Money, Portfolio, PortfolioRow,
    curve::Curves,
    dimension_text,
    forest::{Forest, Uses},
    people::{ActiveUsers, Members},
    row,
};
use crate::{model::folding::folded, store::sums::Sums};

/// Each account's own data, without its subtree, in the order of the forest.
#[derive(Debug)]
pub(in crate::store) struct Own {
    /// The sums of the period and of the previous one.
    pub(in crate::store) sums: Vec<[Sums; 2]>,
    /// Feature uses for each day of the period.
    pub(in crate::store) curves: Curves,
    /// The users who were active in the two periods.
    pub(in crate::store) active: ActiveUsers,
    /// The first and last use over all time.
    pub(in crate::store) uses: Vec<Uses>,
    /// The first use of what the filter selects, as far as the comparison needs it; `None` without
    /// a filter.
    pub(in crate::store) first_filtered: Option<Vec<Option<u32>>>,
    /// The users who belong to the accounts.
    pub(in crate::store) members: Members,
    /// The latest recurring revenue.
    pub(in crate::store) money: Vec<Money>,
}

impl Own {
    /// Empty data: no usage, users or revenue for any account.
    pub(in crate::store) fn none(forest: &Forest, question: &ListQuestion) -> Self {
        let count = forest.len();
        Own {
            sums: vec![[Sums::default(); 2]; count],
            curves: Curves::new(count, question.span),
            active: ActiveUsers::default(),
            uses: vec![Uses::default(); count],
            first_filtered: None,
            members: Members::of(forest),
            money: vec![Money::default(); count],
        }
    }

    /// The list, without the names of products, modules and features.
    pub(in crate::store) fn listed(self, forest: &Forest, question: &ListQuestion) -> Portfolio {
        let Own {
            sums,
            curves,
            active,
            uses,
            first_filtered,
            mut members,
            money,
        } = self;
        let chosen = |at: usize| {
            let is_shown = question.with_deactivated || !forest.account(at).is_deleted;
            is_shown && forest.is_of_level(at, question.level, question.with_lone_root)
        };
        let level: Vec<usize> = (0..forest.len()).filter(|at| chosen(*at)).collect();
        let mut portfolio = Portfolio {
            accounts: level.len(),
            dimensions: dimensions_of(level.into_iter(), forest),
            ..Portfolio::default()
        };
        let text = question.text.as_deref().map(folded);
        let revenue = forest.roll_up(money.clone(), Money::add);
        let is_listed = |at: usize| {
            let account = forest.account(at);
            let is_in = |range: &ListRange| range.contains(&account.details, &revenue[at]);
            chosen(at)
                && question.ranges.iter().all(is_in)
                && has_dimensions(account, &question.dimensions)
                && text.as_ref().is_none_or(|text| has_words(account, text))
        };
        let listed: Vec<usize> = (0..forest.len()).filter(|at| is_listed(*at)).collect();

        let active = active.finish();
        members.count_active(&active, forest);
        let figures = row::rolled_up(forest, &sums, &active);
        let silent = members.silent(forest);
        let curves = curves.rolled_up(forest);
        let first = first_filtered.unwrap_or_else(|| uses.iter().map(|uses| uses.first).collect());
        let first = forest.roll_up(first, |above, below| {
            *above = match (*above, *below) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        });
        let is_comparable = |at: usize| {
            let before = question.before;
            before.is_some_and(|before| before.is_comparable(first[at]))
        };
        portfolio.totals = row::totals(
            forest,
            &listed,
            &sums,
            &active,
            &members,
            &money,
            is_comparable,
        );
        let last = forest.last_uses(&uses);
        portfolio.rows = listed
            .into_iter()
            .map(|at| {
                let [now, before] = figures[at].clone();
                PortfolioRow {
                    account: forest.account(at).clone(),
                    parent: forest
                        .parent(at)
                        .map(|parent| forest.account(parent).title().to_owned()),
                    now,
                    before: is_comparable(at).then_some(before),
                    members: silent[at].members,
                    silent: silent[at].silent,
                    last_use: last[at],
                    revenue: revenue[at].clone(),
                    curve: curves.of(at),
                }
            })
            .collect();
        portfolio
    }
}

/// Whether an account has all the values in `wanted`, and none where that is an empty text.
fn has_dimensions(account: &ListedAccount, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| {
        let text = account.details.get(name).and_then(dimension_text);
        text.unwrap_or_default() == *value
    })
}

/// Whether the name or id of an account contains each word of a case-folded text.
fn has_words(account: &ListedAccount, text: &str) -> bool {
    let id = folded(&account.account_id);
    let name = account.name.as_deref().map(folded);
    text.split_whitespace()
        .all(|word| id.contains(word) || name.as_ref().is_some_and(|name| name.contains(word)))
}

fn dimensions_of(
    accounts: impl Iterator<Item = usize>,
    forest: &Forest,
) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut dimensions: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for at in accounts {
        for (name, value) in &forest.account(at).details {
            if let Some(text) = dimension_text(value) {
                let values = dimensions.entry(name.clone()).or_default();
                *values.entry(text).or_default() += 1;
            }
        }
    }
    dimensions
}
