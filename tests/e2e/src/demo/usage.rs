//! Usage by account → product → module → feature since a mark, as text.

use anyhow::Result;

use super::held::{Held, Usage};
use crate::rows::Mark;

const HEAD: [&str; 7] = [
    "account", "product", "module", "feature", "total", "time", "users",
];

/// Columns from this one on are numbers.
const NUMBERS: usize = 4;

/// The table as aligned lines of text; a value that equals the one above is omitted.
///
/// # Errors
/// When the store cannot be read.
pub fn usage_table(held: &dyn Held, since: Mark) -> Result<String> {
    let rows: Vec<_> = held.usage(since)?.into_iter().map(cells).collect();
    Ok(aligned(&rows))
}

fn cells(usage: Usage) -> [String; 7] {
    let [account, product, module, feature] = usage.place;
    [
        account,
        product,
        module,
        feature,
        usage
            .total
            .map_or_else(String::new, |total| total.to_string()),
        usage.time.map_or_else(String::new, seconds),
        usage.users.to_string(),
    ]
}

fn seconds(ms: i64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

fn aligned(rows: &[[String; 7]]) -> String {
    let head = HEAD.map(str::to_owned);
    let widths: [usize; 7] = std::array::from_fn(|column| {
        rows.iter()
            .chain([&head])
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    });
    let mut text = String::new();
    let mut above: Option<&[String; 7]> = None;
    for row in [&head].into_iter().chain(rows) {
        // Number of leading columns that repeat the row above.
        let same = above.map_or(0, |above| {
            row[..NUMBERS - 1]
                .iter()
                .zip(above)
                .take_while(|(a, b)| a == b)
                .count()
        });
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = widths[column];
                match cell {
                    _ if column < same => " ".repeat(width),
                    cell if column < NUMBERS => format!("{cell:width$}"),
                    cell => format!("{cell:>width$}"),
                }
            })
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
        above = Some(row);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 7]) -> [String; 7] {
        cells.map(str::to_owned)
    }

    #[test]
    fn repeated_places_are_left_out_and_numbers_stand_right() {
        let table = aligned(&[
            row(["acme", "freight", "reports", "", "", "1.5 s", "1"]),
            row(["acme", "freight", "reports", "export", "412", "", "2"]),
            row(["acme", "warehouse", "reports", "export", "7", "", "1"]),
        ]);
        let expected = [
            "account  product    module   feature  total   time  users",
            "acme     freight    reports                  1.5 s      1",
            "                             export     412             2",
            "         warehouse  reports  export       7             1",
            "",
        ];
        assert_eq!(table, expected.join("\n"));
    }
}
