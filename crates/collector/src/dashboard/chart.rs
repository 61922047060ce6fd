//! Usage over time: the series of the chart, the same as a table, and small
//! curves for lists.

use maud::{Markup, html};
use serde::Serialize;
use serde_json::Value;

use super::{
    format::{self, DAY_MS},
    period::Period,
};
use crate::store::usage::{Totals, UsageRow};

/// Days that a chart has at most. Beyond them a day is less than a pixel, and
/// one event with a wrong clock must not make millions of them.
const MOST_DAYS: i64 = 3660;

/// Usage by day, days without any included.
#[derive(Debug, Default)]
pub(super) struct Days {
    days: Vec<(i64, Totals)>,
}

impl Days {
    /// Days of a period from the rows of a breakdown by day.
    pub(super) fn of(rows: &[UsageRow], period: &Period) -> Self {
        let used: Vec<(i64, &Totals)> = rows
            .iter()
            .filter_map(|row| Some((format::parse_day(row.key.as_str()?)?, &row.totals)))
            .collect();
        let (Some(first), Some(last)) = (used.first(), used.last()) else {
            return Days::default();
        };
        let (from, to) = period.days().unwrap_or((first.0, last.0 + DAY_MS));
        let from = from.max(to - MOST_DAYS * DAY_MS);
        let mut used = used
            .into_iter()
            .skip_while(|(day, _)| *day < from)
            .peekable();
        let mut days = Vec::new();
        let mut day = from;
        while day < to {
            let totals = used.next_if(|(of, _)| *of == day);
            days.push((
                day,
                totals.map(|(_, totals)| totals.clone()).unwrap_or_default(),
            ));
            day += DAY_MS;
        }
        Days { days }
    }

    /// The chart, drawn by a script, and the figures behind it for those who
    /// cannot or do not want to look at one.
    pub(super) fn show(&self) -> Markup {
        html! {
            figure .chart data-series=(self.series()) {
                div .metrics role="group" aria-label="What the chart shows" hidden {
                    @for (at, (name, words)) in METRICS.into_iter().enumerate() {
                        button type="button" data-metric=(name) aria-pressed=(at == 0) { (words) }
                    }
                }
                div .plot aria-hidden="true" {}
                p .reading aria-hidden="true" {}
                details .figures {
                    summary { "Figures by day" }
                    div .scroll tabindex="0" role="region" aria-label="Figures by day" {
                        (self.table())
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            table {
                thead { tr {
                    th scope="col" { "Day" }
                    th .n scope="col" { "Feature uses" }
                    th .n scope="col" { "Active time" }
                    th .n scope="col" { "Sessions" }
                    th .n scope="col" { "Users" }
                } }
                tbody {
                    @for (day, totals) in self.days.iter().rev().filter(|(_, totals)| totals.events > 0) {
                        tr {
                            th scope="row" { (format::day(*day)) }
                            td .n { (format::sum(totals.features)) }
                            td .n { (format::duration(totals.active_time)) }
                            td .n { (format::number(totals.sessions)) }
                            td .n { (format::number(totals.users)) }
                        }
                    }
                }
            }
        }
    }

    fn series(&self) -> String {
        let of = |value: fn(&Totals) -> Value| -> Vec<Value> {
            self.days.iter().map(|(_, totals)| value(totals)).collect()
        };
        let series = Series {
            days: self.days.iter().map(|(day, _)| day / 1000).collect(),
            features: of(|totals| totals.features.into()),
            active_time: of(|totals| totals.active_time.into()),
            module_time: of(|totals| totals.module_time.into()),
            users: of(|totals| totals.users.into()),
            sessions: of(|totals| totals.sessions.into()),
        };
        serde_json::to_string(&series).unwrap_or_default()
    }

    /// A small curve of feature uses.
    pub(super) fn curve(&self) -> Markup {
        const WIDTH: f64 = 96.0;
        const HEIGHT: f64 = 24.0;
        let most = self
            .days
            .iter()
            .map(|(_, totals)| totals.features)
            .fold(0.0, f64::max);
        if self.days.len() < 2 || most <= 0.0 || !most.is_finite() {
            return html! {};
        }
        let step = WIDTH / (self.days.len() - 1) as f64;
        let points: Vec<String> = self
            .days
            .iter()
            .enumerate()
            .map(|(at, (_, totals))| {
                let y = HEIGHT - 1.0 - totals.features.max(0.0) / most * (HEIGHT - 3.0);
                format!("{:.1},{y:.1}", at as f64 * step)
            })
            .collect();
        let line = points.join(" ");
        html! {
            svg .curve viewBox={"0 0 " (WIDTH) " " (HEIGHT)} width=(WIDTH) height=(HEIGHT) aria-hidden="true" {
                polygon points={"0," (HEIGHT) " " (line) " " (WIDTH) "," (HEIGHT)} {}
                polyline points=(line) {}
            }
        }
    }
}

/// What the chart can show, first what it shows at first.
const METRICS: [(&str, &str); 5] = [
    ("features", "Feature uses"),
    ("users", "Active users"),
    ("sessions", "Sessions"),
    ("active_time", "Active time"),
    ("module_time", "Time in modules"),
];

#[derive(Serialize)]
struct Series {
    /// Seconds since the Unix epoch.
    days: Vec<i64>,
    features: Vec<Value>,
    active_time: Vec<Value>,
    module_time: Vec<Value>,
    users: Vec<Value>,
    sessions: Vec<Value>,
}
