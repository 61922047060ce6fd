//! Rows of figures, each with its budget.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{OURS, PEERS};

/// What was measured.
pub struct Table {
    browser: String,
    rows: Vec<Row>,
}

/// One quantity, for every tracker that it was measured of.
pub struct Row {
    name: String,
    unit: &'static str,
    figures: BTreeMap<String, f64>,
    budget: Option<Budget>,
}

/// What ours may be at most.
pub struct Budget {
    rule: String,
    most: f64,
}

impl Row {
    pub fn new(name: &str, unit: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            figures: BTreeMap::new(),
            budget: None,
        }
    }

    pub fn figure(mut self, of: &str, value: f64) -> Self {
        if value.is_finite() {
            self.figures.insert(of.to_owned(), value);
        }
        self
    }

    /// Ours may be at most so large.
    pub fn at_most(mut self, rule: &str, most: f64) -> Self {
        self.budget = Some(Budget {
            rule: rule.to_owned(),
            most,
        });
        self
    }

    /// Ours may be at most this share of the best peer's.
    pub fn share_of_best(self, share: f64) -> Self {
        let best = self.best();
        let rule = match share {
            1.0 => "≤ best peer".to_owned(),
            share => format!("≤ 1/{:.0} of best peer", 1.0 / share),
        };
        self.at_most(&rule, best * share)
    }

    /// The best peer's figure.
    pub fn best(&self) -> f64 {
        PEERS
            .iter()
            .filter_map(|peer| self.figures.get(*peer))
            .copied()
            .fold(f64::INFINITY, f64::min)
    }

    fn ours(&self) -> Option<f64> {
        self.figures.get(OURS).copied()
    }

    fn holds(&self) -> Option<bool> {
        Some(self.ours()? <= self.budget.as_ref()?.most)
    }

    /// Ours by the best peer's.
    fn ratio(&self) -> Option<f64> {
        let best = self.best();
        (best.is_finite() && best > 0.0).then(|| self.ours().map(|ours| ours / best))?
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "unit": self.unit,
            "figures": self.figures,
            "ratio_to_best_peer": self.ratio(),
            "budget": self.budget.as_ref().map(|budget| json!({ "rule": budget.rule, "at_most": budget.most })),
            "holds": self.holds(),
        })
    }
}

impl Table {
    pub fn new(browser: String) -> Self {
        Self {
            browser,
            rows: Vec::new(),
        }
    }

    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The downloads, as the build weighed them.
    pub fn add_sizes(&mut self, sizes: &Value) {
        let gzip = |name: &str| sizes[name].as_f64().unwrap_or(f64::NAN);
        let mut module = Row::new("download, ES module, gzip -9", "B").figure(OURS, gzip(OURS));
        for peer in PEERS {
            module = module.figure(peer, gzip(peer));
        }
        let snowplow = gzip("snowplow");
        self.add(module.at_most("≤ Snowplow", snowplow));
        for (name, file) in [("inline", "natero inline"), ("global", "natero global")] {
            let row = Row::new(&format!("download, {name} build, gzip -9"), "B");
            self.add(
                row.figure(OURS, gzip(file))
                    .at_most("≤ 1.35 × Snowplow", 1.35 * snowplow),
            );
        }
        self.add(
            Row::new("download, peers' ordinary imports, gzip -9", "B")
                .figure("mixpanel", gzip("mixpanel-full"))
                .figure("posthog", gzip("posthog-full")),
        );
    }

    pub fn print(&self) {
        println!("\n{}\n", self.browser);
        print!("{:<46}", "");
        for name in [&[OURS], &PEERS[..]].concat() {
            print!("{name:>11}");
        }
        println!("{:>11}  {:>7}  budget", "base", "ratio");
        for row in &self.rows {
            print!("{:<46}", format!("{} [{}]", row.name, row.unit));
            for name in [&[OURS], &PEERS[..], &["base"]].concat() {
                print!(
                    "{:>11}",
                    row.figures
                        .get(name)
                        .map_or("–".to_owned(), |value| short(*value))
                );
            }
            print!(
                "  {:>7}",
                row.ratio()
                    .map_or("–".to_owned(), |ratio| format!("{ratio:.3}"))
            );
            match (&row.budget, row.holds()) {
                (Some(budget), Some(holds)) => println!(
                    "  {} = {}: {}",
                    budget.rule,
                    short(budget.most),
                    if holds { "holds" } else { "MISSED" }
                ),
                _ => println!(),
            }
        }
    }

    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
        json!({ "browser": self.browser, "rows": rows })
    }
}

/// Three digits are all that is worth reading.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
