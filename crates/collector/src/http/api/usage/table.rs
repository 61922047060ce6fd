//! Usage as CSV.

use axum::{
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};

use crate::{
    model::{csv_cell::safe_cell, rounding::rounded, usage::Dimension},
    store::usage::{Comparison, Totals, UsageReport, UsageRow},
};

/// The header of both forms of the answer: a cache must not mix them.
pub(super) const VARIES: (HeaderName, &str) = (header::VARY, "accept");

/// Whether a client prefers CSV: of the accepted types that it lists, the one with the highest
/// `q`, and among equal ones the first.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|accepted| accepted.to_str().ok())
        .flat_map(|accepted| accepted.split(','));
    let mut best = (0.0, false);
    for kind in accepted {
        let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
        let is_table = match kind.trim().to_ascii_lowercase().as_str() {
            "text/csv" => true,
            "application/json" | "text/html" | "application/*" => false,
            _ => continue,
        };
        let quality = quality(parameters);
        if quality > best.0 {
            best = (quality, is_table);
        }
    }
    best.1
}

/// The weight of an accepted type, from 0 to 1.
fn quality(parameters: &str) -> f64 {
    parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .map_or(1.0, |quality: f64| quality.clamp(0.0, 1.0))
}

const FIGURES: [&str; 6] = [
    "events",
    "features",
    "module_time",
    "active_time",
    "sessions",
    "users",
];

fn figures(totals: &Totals) -> [String; 6] {
    [
        totals.events.to_string(),
        rounded(totals.features).to_string(),
        totals.module_time.to_string(),
        totals.active_time.to_string(),
        totals.sessions.to_string(),
        totals.users.to_string(),
    ]
}

/// Answers with a table that has a line for each row; without a dimension, with the totals.
pub(super) fn answer(by: Option<Dimension>, report: &UsageReport) -> Response {
    let has_seen = by.is_some_and(Dimension::is_subject);
    let has_comparison = report.comparison.is_some();
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<String> = by.map(|_| "key".to_owned()).into_iter().collect();
    head.extend(FIGURES.map(str::to_owned));
    if has_seen {
        head.extend(["first_seen", "last_seen", "active_days"].map(str::to_owned));
    }
    if has_comparison {
        for kind in ["previous", "change"] {
            head.extend(FIGURES.map(|name| format!("{kind}_{name}")));
        }
    }
    // Writing to memory does not fail.
    let _ = out.write_record(&head);
    if by.is_none() {
        let mut cells = figures(&report.totals).to_vec();
        cells.extend(compared(has_comparison, report.comparison.as_ref()));
        let _ = out.write_record(&cells);
    }
    for row in &report.rows {
        let mut cells = vec![key(row)];
        cells.extend(figures(&row.totals));
        if let Some(seen) = row.seen.filter(|_| has_seen) {
            let times = [seen.first_seen, seen.last_seen, seen.active_days];
            cells.extend(times.map(|number| number.to_string()));
        }
        cells.extend(compared(has_comparison, row.comparison.as_ref()));
        // A row without a comparison, such as a day, has empty cells in those columns.
        cells.resize(head.len(), String::new());
        let _ = out.write_record(&cells);
    }
    let text = out.into_inner().unwrap_or_default();
    let head = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), VARIES];
    (head, text).into_response()
}

fn key(row: &UsageRow) -> String {
    safe_cell(row.key.as_str().unwrap_or_default()).into_owned()
}

fn compared(has_comparison: bool, comparison: Option<&Comparison>) -> Vec<String> {
    let empty = || std::array::from_fn(|_| String::new());
    let cells = |totals: Option<&Totals>| totals.map_or_else(empty, figures);
    if !has_comparison {
        return Vec::new();
    }
    let previous = comparison.and_then(|of| of.previous.as_ref());
    let change = comparison.and_then(|of| of.change.as_ref());
    [cells(previous), cells(change)].concat()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_accepted_type_with_the_highest_quality_counts_and_among_equal_ones_the_first() {
        for (accept, expected) in [
            ("", false),
            ("*/*", false),
            ("text/csv", true),
            ("TEXT/CSV; charset=utf-8", true),
            ("text/csv, application/json", true),
            ("application/json, text/csv", false),
            ("text/csv;q=0", false),
            ("text/csv;q=0.1, application/json", false),
            ("application/json;q=0.5, text/csv; q=0.9", true),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(is_wanted(&headers), expected, "{accept}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
