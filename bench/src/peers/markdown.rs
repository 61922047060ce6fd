//! The table as it appears in `bench/README.md`.

use std::fmt::Write as _;

use super::table::{Row, Table, or_dash, ratio};
use super::{OURS, PEERS};

const HEAD: &str = "\
| | natero-wasm | Snowplow | Mixpanel | PostHog | Amplitude | ratio to the best peer | budget | |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

/// A line with the browser and the versions, and the table below it.
pub fn render(table: &Table) -> String {
    let mut text = format!(
        "{}; {}.\n\n{HEAD}",
        table.browser,
        table.versions.join(", ")
    );
    for row in &table.rows {
        text += &line(row);
    }
    text
}

fn line(row: &Row) -> String {
    let mut line = format!("| {}", row.name);
    if !row.unit.is_empty() {
        let _ = write!(line, ", {}", row.unit);
    }
    if let Some((what, figure)) = &row.base {
        let _ = write!(line, " ({what}: {})", or_dash(Some(*figure)));
    }
    for name in [&[OURS], &PEERS[..]].concat() {
        let _ = write!(line, " | {}", or_dash(row.figures.get(name).copied()));
    }
    let budget = row.budget.as_ref().map(ToString::to_string);
    let verdict = match row.holds() {
        Some(true) => "holds",
        Some(false) => "missed",
        None => "",
    };
    let _ = writeln!(
        line,
        " | {} | {} | {verdict} |",
        ratio(row.ratio()),
        budget.as_deref().unwrap_or("–"),
    );
    line
}

#[cfg(test)]
mod tests {
    use super::super::EMPTY;
    use super::*;

    #[test]
    fn a_row_names_its_baseline_its_budget_and_whether_that_holds() {
        let row = Row::new("a call every 10 ms, by name, p50", "µs")
            .figure(OURS, 25.0)
            .figure("snowplow", 360.0)
            .figure("amplitude", 145.0)
            .figure(EMPTY, 10.0)
            .share_of_best(1.0 / 2.0);
        assert_eq!(
            line(&row),
            "| a call every 10 ms, by name, p50, µs (an empty page: 10) | 25 | 360 | – | – | 145 | 0.172 \
             | 1/2 of the best peer's: 72.5 | holds |\n"
        );
    }

    #[test]
    fn every_line_has_as_many_cells_as_the_head() {
        let cells = |line: &str| line.matches('|').count();
        let row = line(&Row::new("download", "B").figure(OURS, 1.0).at_most(0.0));
        assert!(row.ends_with("| missed |\n"), "{row}");
        assert!(HEAD.lines().all(|line| cells(line) == cells(&row)));
    }
}
