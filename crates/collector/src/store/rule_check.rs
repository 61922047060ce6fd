//! What an alert rule reads, which accounts and users it matches, and what that changes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    alerts::StoredRule,
    portfolio::{ListLevel, ListQuestion, PeriodFigures, PortfolioRow, dimension_text},
};
use crate::model::{
    account::has_churned,
    alert_rule::{AlertRule, Condition, RuleLevel, start_of_silence},
    calendar::TimeZone,
    period::Before,
    quarter::QUARTER_MS,
    rounding::rounded,
    usage::Span,
};

/// How long a user counts as new. Trackers without a connection keep events for days, so the first
/// event of a user may arrive late.
const NEW_MS: i64 = 7 * 86_400_000;

/// How long an ended alert is kept: a quarter of a year.
pub(in crate::store) const KEPT_MS: i64 = 92 * 86_400_000;

/// What a rule reads.
#[derive(Debug)]
pub(in crate::store) enum RuleQuestion {
    /// The figures of accounts. [`hit`] decides which of them match.
    Accounts(Box<ListQuestion>),
    /// The users whose first counted event [`is_new`].
    NewUsers {
        /// The time from which on a first event makes a user new.
        from: i64,
    },
}

impl RuleQuestion {
    /// What a rule reads at `now`. Days are those of `zone`.
    pub(in crate::store) fn of(stored: &StoredRule, zone: &TimeZone, now: i64) -> Self {
        let rule = &stored.rule;
        match rule.condition {
            Condition::UsesDown { days, .. } | Condition::UsersDown { days, .. } => {
                let (span, before) = days_before(zone, now, days);
                RuleQuestion::Accounts(Box::new(list(rule, span, before, now)))
            }
            Condition::Silent { days } => {
                let from = start_of_silence(zone, now, days);
                // Events that are made now, or by a clock that is ahead, are use, too.
                let span = Span {
                    from,
                    to: Span::ALL.to,
                };
                // All earlier time: an account that was never active is not silent.
                let before = Before {
                    span: Span {
                        from: Span::ALL.from,
                        to: from,
                    },
                    first_day_end: from,
                };
                RuleQuestion::Accounts(Box::new(list(rule, span, before, now)))
            }
            Condition::NewUser => RuleQuestion::NewUsers {
                from: stored.created_at.max(now.saturating_sub(NEW_MS)),
            },
        }
    }
}

/// The last whole days, and as many days before them.
fn days_before(zone: &TimeZone, now: i64, days: u32) -> (Span, Before) {
    let today = zone.day_at(now);
    let days = i64::from(days);
    let start = |back: i64| zone.start_of(today.plus(-back));
    let span = Span {
        from: start(days),
        to: start(0),
    };
    let before = Before {
        span: Span {
            from: start(2 * days),
            to: span.from,
        },
        first_day_end: start(2 * days - 1),
    };
    (span, before)
}

impl From<RuleLevel> for ListLevel {
    fn from(level: RuleLevel) -> Self {
        match level {
            RuleLevel::Top => ListLevel::Top,
            RuleLevel::Leaves => ListLevel::Leaves,
            RuleLevel::All => ListLevel::All,
        }
    }
}

/// Selects the accounts of a rule. Deactivated accounts are left out: their silence is expected. So
/// is that of customers who have left, whom [`hit`] leaves out.
fn list(rule: &AlertRule, span: Span, before: Before, now: i64) -> ListQuestion {
    ListQuestion {
        level: rule.level.into(),
        with_lone_root: false,
        with_deactivated: false,
        span,
        before: Some(before),
        filter: rule.usage_filter(),
        dimensions: rule.dimensions.clone(),
        ranges: Vec::new(),
        text: None,
        now,
    }
}

/// The compared figures of the period and of the previous one.
pub(in crate::store) type ComparedFigures = Option<(f64, f64)>;

/// The compared figures of an account that matches a rule; `None` when it does not match.
pub(in crate::store) fn hit(rule: &AlertRule, row: &PortfolioRow) -> Option<ComparedFigures> {
    if row.account.is_churned {
        return None;
    }
    match rule.condition {
        Condition::UsesDown { percent, .. } => down(row, percent, |figures| figures.features),
        Condition::UsersDown { percent, .. } => down(row, percent, |figures| figures.users as f64),
        Condition::Silent { .. } => {
            let was_used = row.before.as_ref().is_some_and(|before| before.events > 0);
            (row.now.events == 0 && was_used).then_some(None)
        }
        Condition::NewUser => None,
    }
}

fn down(
    row: &PortfolioRow,
    percent: u32,
    figure: impl Fn(&PeriodFigures) -> f64,
) -> Option<ComparedFigures> {
    // A period that begins before the first use is not compared.
    let before = rounded(row.before.as_ref().map(&figure)?);
    let now = rounded(figure(&row.now));
    (before > 0.0 && is_down_by(percent, now, before)).then_some(Some((now, before)))
}

/// Whether a figure fell by `percent` or more. The figures are compared as they are shown. No share
/// is computed, because most shares are not exact floats: 57 % of 100 would be less than 57.
fn is_down_by(percent: u32, now: f64, before: f64) -> bool {
    let left = f64::from(100 - percent.min(100));
    rounded(now * 100.0) <= rounded(before * left)
}

/// Whether a user is new whose first counted event lies in `quarter`. The quarter of an hour in
/// which the rule was created counts: reporting a user once too often is better than never.
pub(in crate::store) fn is_new(quarter: u32, from: i64) -> bool {
    (i64::from(quarter) + 1) * QUARTER_MS > from
}

/// What an account, or one of its ancestors, adds to the decision whether a rule applies.
#[derive(Debug)]
pub(in crate::store) struct Ancestor {
    /// Its details.
    pub(in crate::store) details: Map<String, Value>,
    /// Whether it was deactivated itself.
    pub(in crate::store) is_deleted: bool,
}

/// Whether a customer is one no more: the account or an ancestor was deactivated or has churned.
/// Nobody is alerted to what such a customer does. `line` has the account and all its ancestors.
pub(in crate::store) fn has_ended(line: &[Ancestor]) -> bool {
    line.iter()
        .any(|account| account.is_deleted || has_churned(&account.details))
}

/// Whether a rule applies to users of an account: the customer has not ended, and the account or
/// one of its ancestors has the values that the rule names. `line` has the account and all its
/// ancestors.
pub(in crate::store) fn applies_to_users(rule: &AlertRule, line: &[Ancestor]) -> bool {
    let has_values = |account: &Ancestor| has_values(rule, &account.details);
    !has_ended(line) && (rule.dimensions.is_empty() || line.iter().any(has_values))
}

/// Whether the details of an account have the values that a rule names.
fn has_values(rule: &AlertRule, details: &Map<String, Value>) -> bool {
    rule.dimensions
        .iter()
        .all(|(name, value)| details.get(name).and_then(dimension_text).as_ref() == Some(value))
}

/// A match of a rule. Accounts and users are given as the numbers of their table rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::store) struct Hit {
    /// The account.
    pub(in crate::store) account: i64,
    /// The user, where the rule is about users.
    pub(in crate::store) user: Option<i64>,
    /// The compared figures.
    pub(in crate::store) figures: ComparedFigures,
}

impl Hit {
    /// The account and the user of the match.
    fn subject(&self) -> (i64, Option<i64>) {
        (self.account, self.user)
    }

    /// The figure of the period.
    pub(in crate::store) fn now(&self) -> Option<f64> {
        self.figures.map(|(now, _)| now)
    }

    /// The figure of the previous period.
    pub(in crate::store) fn before(&self) -> Option<f64> {
        self.figures.map(|(_, before)| before)
    }
}

/// The changes that result from a check of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::store) struct Changes {
    /// Matches without an active alert.
    pub(in crate::store) began: Vec<Hit>,
    /// The alerts that end.
    pub(in crate::store) ended: Vec<i64>,
}

impl Changes {
    /// Compares the matches of a rule with its active alerts, given as alert numbers by account and
    /// user.
    pub(in crate::store) fn of(
        mut holding: BTreeMap<(i64, Option<i64>), i64>,
        hits: Vec<Hit>,
    ) -> Self {
        let mut began = hits;
        began.retain(|hit| holding.remove(&hit.subject()).is_none());
        Changes {
            began,
            ended: holding.into_values().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_down_by, rounded};

    #[test]
    fn a_drop_of_exactly_the_percent_is_one_and_a_smaller_one_is_none() {
        for percent in 1..=100_u32 {
            for before in [1_u32, 7, 10, 20, 50, 100, 200, 1000, 123_457] {
                // In hundredths, which are whole numbers.
                let left = before * (100 - percent);
                for (hundredths, is_down) in [(left, true), (left + 1, false)] {
                    let (now, before) = (f64::from(hundredths) / 100.0, f64::from(before));
                    let found = is_down_by(percent, rounded(now), before);
                    assert_eq!(found, is_down, "{percent} % from {before} to {now}");
                }
            }
        }
    }

    #[test]
    fn fractions_go_down_by_exactly_a_percent() {
        assert!(is_down_by(50, rounded(0.1 + 0.2), 0.6));
        assert!(is_down_by(30, 0.07, 0.1));
        assert!(!is_down_by(30, 0.070_001, 0.1));
    }
}
