//! Rows of figures, each of which may have a budget.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::{EMPTY, OURS, PEERS};

/// Everything that was measured in one run.
pub struct Table {
    /// Name and version of the browser.
    pub browser: String,
    /// Name and version of each tracker's package.
    pub versions: Vec<String>,
    pub rows: Vec<Row>,
}

/// One measured quantity, with a figure for each tracker for which it was measured.
pub struct Row {
    pub name: String,
    pub unit: &'static str,
    /// The figures, by the name of the tracker.
    pub figures: BTreeMap<String, f64>,
    /// What the baseline is, and its figure.
    pub base: Option<(String, f64)>,
    pub budget: Option<Budget>,
}

/// The largest allowed figure of our tracker.
pub struct Budget {
    /// Why the limit is what it is; `None` for a limit that is only a number.
    rule: Option<String>,
    most: f64,
}

impl Row {
    pub fn new(name: &str, unit: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            figures: BTreeMap::new(),
            base: None,
            budget: None,
        }
    }

    /// Adds the figure of the tracker `of`, or the baseline where `of` is the page without a
    /// tracker. NaN and infinity stand for "not measured".
    pub fn figure(mut self, of: &str, value: f64) -> Self {
        if of == EMPTY {
            return self.base("an empty page", value);
        }
        if value.is_finite() {
            self.figures.insert(of.to_owned(), value);
        }
        self
    }

    /// Adds the baseline.
    pub fn base(mut self, what: &str, value: f64) -> Self {
        self.base = Some((what.to_owned(), value));
        self
    }

    /// Sets a fixed limit for our tracker.
    pub fn at_most(mut self, most: f64) -> Self {
        self.budget = Some(Budget { rule: None, most });
        self
    }

    /// Sets a limit for our tracker that is explained by `rule`.
    pub fn at_most_by_rule(mut self, rule: &str, most: f64) -> Self {
        let rule = Some(rule.to_owned());
        self.budget = Some(Budget { rule, most });
        self
    }

    /// Sets the limit of our tracker to a share of the best peer's figure.
    pub fn share_of_best(self, share: f64) -> Self {
        let Some(best) = self.best() else {
            return self;
        };
        let rule = match share {
            1.0 => "the best peer's".to_owned(),
            share => format!("1/{:.0} of the best peer's", 1.0 / share),
        };
        self.at_most_by_rule(&rule, best * share)
    }

    /// The best figure of a peer, if a peer has one.
    pub fn best(&self) -> Option<f64> {
        let figures = PEERS.iter().filter_map(|peer| self.figures.get(*peer));
        figures.copied().min_by(f64::total_cmp)
    }

    /// Whether our figure is within its budget; `None` without a budget.
    pub fn holds(&self) -> Option<bool> {
        let ours = self.figures.get(OURS)?;
        Some(*ours <= self.budget.as_ref()?.most)
    }

    /// Our figure divided by the best peer's.
    pub fn ratio(&self) -> Option<f64> {
        let best = self.best().filter(|best| *best > 0.0)?;
        Some(self.figures.get(OURS)? / best)
    }

    fn json(&self) -> Value {
        let base = self.base.as_ref();
        let budget = self.budget.as_ref();
        json!({
            "name": self.name,
            "unit": self.unit,
            "figures": self.figures,
            "base": base.map(|(what, figure)| json!({ "what": what, "figure": figure })),
            "ratio_to_best_peer": self.ratio(),
            "budget": budget.map(|budget| json!({ "rule": budget.rule, "at_most": budget.most })),
            "holds": self.holds(),
        })
    }
}

impl Table {
    pub fn new(browser: String, versions: Vec<String>) -> Self {
        Self {
            browser,
            versions,
            rows: Vec::new(),
        }
    }

    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints the table, and which budgets are missed.
    pub fn print(&self) {
        let label = |row: &Row| format!("{} [{}]", row.name, row.unit);
        let width = self.rows.iter().map(|row| label(row).chars().count());
        let width = width.max().unwrap_or(0) + 1;
        println!("\n{}\n{}\n", self.browser, self.versions.join(", "));
        print!("{:<width$}", "");
        for name in [&[OURS], &PEERS[..]].concat() {
            print!("{name:>11}");
        }
        println!("{:>11}  {:>7}  budget", "base", "ratio");
        for row in &self.rows {
            print!("{:<width$}", label(row));
            for name in [&[OURS], &PEERS[..]].concat() {
                print!("{:>11}", or_dash(row.figures.get(name).copied()));
            }
            let base = row.base.as_ref().map(|(_, figure)| *figure);
            print!("{:>11}  {:>7}", or_dash(base), ratio(row.ratio()));
            match (&row.budget, row.holds()) {
                (Some(budget), Some(true)) => println!("  {budget}, holds"),
                (Some(budget), Some(false)) => println!("  {budget}, MISSED"),
                _ => println!(),
            }
        }
        let verdicts: Vec<bool> = self.rows.iter().filter_map(Row::holds).collect();
        let held = verdicts.iter().filter(|holds| **holds).count();
        println!("\n{held} of {} budgets hold", verdicts.len());
    }

    /// All rows, in the form of `target/bench.json`.
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
        json!({ "browser": self.browser, "versions": self.versions, "rows": rows })
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "{rule}: {}", short(self.most)),
            None => write!(f, "{}", short(self.most)),
        }
    }
}

/// A figure, or a dash where nothing was measured.
pub fn or_dash(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), short)
}

/// A ratio of two figures, or a dash where it is unknown.
pub fn ratio(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}"))
}

/// A figure with three significant digits, or all digits of a whole number: further digits
/// are noise.
fn short(value: f64) -> String {
    match value.abs() {
        100.0.. => with_separators(value.round()),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        ..10.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// A whole number with a comma before each group of three digits.
fn with_separators(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = if value < 0.0 { "-" } else { "" }.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_whole_numbers_all_of_theirs() {
        let figures = [
            0.0,
            0.612,
            12.0,
            14.83,
            99.96,
            1_234.4,
            1_234_567.0,
            -17_786.0,
        ];
        let texts = [
            "0",
            "0.61",
            "12",
            "14.8",
            "100.0",
            "1,234",
            "1,234,567",
            "-17,786",
        ];
        assert_eq!(figures.map(short), texts);
    }

    #[test]
    fn a_share_is_of_the_fastest_peer_and_the_limit_itself_is_within_the_budget() {
        let row = |ours| {
            Row::new("call", "µs")
                .figure(OURS, ours)
                .figure("posthog", 20.0)
                .figure("amplitude", 10.0)
                .figure(EMPTY, 0.5)
                .share_of_best(1.0 / 5.0)
        };
        assert_eq!(row(2.0).holds(), Some(true));
        assert_eq!(row(2.1).holds(), Some(false));
        assert_eq!(row(2.0).ratio(), Some(0.2));
    }

    #[test]
    fn without_a_peer_to_compare_with_there_is_no_budget_to_hold() {
        let row = Row::new("call", "µs").figure(OURS, 1.0);
        assert_eq!(row.share_of_best(1.0).holds(), None);
    }
}
