//! Reads records of the Account API from a table: a line of field names, then one line for
//! each record.

mod beginning;
mod line_counter;
mod quotes;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use self::{beginning::Beginning, line_counter::LineCounter, quotes::check_quotes};
use super::record::RecordError;

/// Why a table cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It has no line of names.
    #[error("the table is empty; its first line names the fields, such as account_id,name,tier")]
    Empty,
    /// A quote in a line is not closed.
    #[error("line {line} cannot be read: {cause}; check commas and quotes in it")]
    Line {
        /// Number of the line, from 1.
        line: u64,
        /// The message of the CSV reader.
        cause: String,
    },
    /// Two columns have the same name.
    #[error("the first line names `{0}` twice; give every column a name of its own")]
    Repeated(String),
    /// It has too many lines.
    #[error("more than {0} records; import them in parts")]
    TooMany(usize),
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableLine {
    /// Its number, from 1.
    pub number: u64,
    /// The fields of a record, or the cells of a refused line.
    pub record: Value,
    /// Why the line is refused: the number of its cells differs from the number of names.
    pub refusal: Option<RecordError>,
}

/// Reads a table with at most `most` records. The separator of cells is a comma, semicolon or
/// tab: the one that occurs most often outside of quotes in the line of names, or the one in
/// a preceding line such as `sep=;`, which Excel writes. An empty cell leaves its field
/// unchanged. Cells are read like strings in a JSON body.
///
/// # Errors
/// When the table cannot be read. A line with too many or too few cells does not affect the
/// other lines.
pub fn read(text: &str, most: usize) -> Result<Vec<TableLine>, TableError> {
    let beginning = Beginning::of(text);
    let table = &text[beginning.length..];
    check_quotes(table.as_bytes(), beginning.separator, beginning.lines).map_err(|quote| {
        TableError::Line {
            line: quote.line,
            cause: quote.to_string(),
        }
    })?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(beginning.separator)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(table.as_bytes());
    let line_error = |cause: &csv::Error| TableError::Line {
        line: beginning.lines + cause.position().map_or(1, csv::Position::line),
        cause: cause.to_string(),
    };
    let names = reader
        .headers()
        .map_err(|cause| line_error(&cause))?
        .clone();
    if names.iter().all(str::is_empty) {
        return Err(TableError::Empty);
    }
    let mut known = BTreeSet::new();
    if let Some(repeated) = names
        .iter()
        .find(|name| !name.is_empty() && !known.insert(*name))
    {
        return Err(TableError::Repeated(repeated.to_owned()));
    }
    let mut found = Vec::new();
    let mut lines = LineCounter::new(table, beginning.lines);
    for row in reader.records() {
        let row = row.map_err(|cause| line_error(&cause))?;
        if row.iter().all(str::is_empty) {
            continue;
        }
        if found.len() == most {
            return Err(TableError::TooMany(most));
        }
        let number = lines.line_at(row.position().map_or(0, csv::Position::byte));
        if row.len() != names.len() {
            found.push(TableLine {
                number,
                record: row.iter().collect(),
                refusal: Some(RecordError::Ragged {
                    line: number,
                    cells: row.len(),
                    names: names.len(),
                }),
            });
            continue;
        }
        let fields: Map<String, Value> = names
            .iter()
            .zip(row.iter())
            .filter(|(name, cell)| !name.is_empty() && !cell.is_empty())
            .map(|(name, cell)| (name.to_owned(), without_apostrophe(cell).into()))
            .collect();
        if !fields.is_empty() {
            found.push(TableLine {
                number,
                record: Value::Object(fields),
                refusal: None,
            });
        }
    }
    Ok(found)
}

/// The text of a cell, without the apostrophe that our CSV export adds in front of a possible
/// formula.
fn without_apostrophe(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The records of a table, each with the number of its line.
    fn records(text: &str) -> Vec<(u64, Value)> {
        let lines = read(text, 10).unwrap().into_iter();
        lines
            .map(|line| {
                assert_eq!(line.refusal, None, "{text}");
                (line.number, line.record)
            })
            .collect()
    }

    #[test]
    fn a_line_is_a_record_whatever_separates_its_cells() {
        let expected = vec![
            (
                2,
                json!({"account_id": "7", "name": "Acme, Ltd", "seats": "40"}),
            ),
            (
                3,
                json!({"account_id": "b", "seats": "007", "is_deleted": "true"}),
            ),
        ];
        for text in [
            "account_id,name,seats,is_deleted\n7,\"Acme, Ltd\",40,\nb,,007,true\n",
            "\u{feff}account_id;name;seats;is_deleted\r\n7;Acme, Ltd;40;\r\nb;;007;true\r\n",
            "account_id\tname\tseats\tis_deleted\n7\tAcme, Ltd\t40\t\nb\t\t007\ttrue",
        ] {
            assert_eq!(records(text), expected, "{text}");
        }
    }

    #[test]
    fn cells_are_texts_and_what_we_wrote_reads_back() {
        let text = "account_id,join_date,note\na,2024-05-01,'=1+1\n";
        assert_eq!(
            records(text),
            [(
                2,
                json!({"account_id": "a", "join_date": "2024-05-01", "note": "=1+1"})
            )]
        );
    }

    #[test]
    fn the_error_names_the_line() {
        assert_eq!(read("", 10), Err(TableError::Empty));
        assert_eq!(read("a\n1\n2", 1), Err(TableError::TooMany(1)));
        assert_eq!(read("\n;;\n", 10), Err(TableError::Empty));
    }

    #[test]
    fn a_ragged_line_is_refused_and_costs_no_other() {
        let lines = read("\naccount_id,name\na,b\nc,d,e\nf\n\ng,h\n", 10).unwrap();
        let read: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.refusal.as_ref().map(ToString::to_string)))
            .collect();
        let refused = |line: u64, cells: &str| {
            let names = "the line of names 2; check commas and quotes in it";
            (line, Some(format!("line {line} has {cells} and {names}")))
        };
        let expected = [
            (3, None),
            refused(4, "3 cells"),
            refused(5, "1 cell"),
            (7, None),
        ];
        assert_eq!(read, expected);
        assert_eq!(lines[1].record, json!(["c", "d", "e"]));
    }

    #[test]
    fn blank_lines_and_a_line_that_tells_the_separator_may_stand_before_the_names() {
        let expected = |line: u64| vec![(line, json!({"account_id": "a", "name": "b,c"}))];
        for (text, line) in [
            ("\n\naccount_id;name\na;b,c\n", 4),
            ("\r\n;;;\r\naccount_id;name\r\na;b,c\r\n", 4),
            ("sep=;\naccount_id;name\na;b,c\n", 3),
            ("\u{feff}\"SEP=;\"\r\n\r\naccount_id;name\r\na;b,c", 4),
            ("sep=|\naccount_id|name\na|b,c\n", 3),
        ] {
            assert_eq!(records(text), expected(line), "{text}");
        }
    }

    #[test]
    fn separators_within_quoted_names_do_not_count() {
        let text = "account_id;\"seats, paid, used\"\na;7\n";
        let expected = json!({"account_id": "a", "seats, paid, used": "7"});
        assert_eq!(records(text), [(2, expected)]);
    }

    #[test]
    fn a_quote_that_is_not_closed_swallows_no_line() {
        for text in [
            "account_id,name\nb,\"x\"\ni23,\"abc\ni24,x\n",
            "account_id,name\nb,\"x\ny\"\ni23,\"abc\ni24,\"x\"\n",
            "account_id,name\nb,\nc,\"a\"b\n",
        ] {
            let error = read(text, 10).unwrap_err().to_string();
            let lines = ["line 3", "line 4"];
            assert!(lines.iter().any(|line| error.contains(line)), "{error}");
            assert!(error.contains("quote"), "{error}");
        }
        let fine = "account_id,name\na,\"two\nlines, \"\"quoted\"\"\" \nb,5\" wide\n";
        assert_eq!(
            records(fine),
            [
                (
                    2,
                    json!({"account_id": "a", "name": "two\nlines, \"quoted\""})
                ),
                (4, json!({"account_id": "b", "name": "5\" wide"})),
            ]
        );
    }

    #[test]
    fn a_column_has_a_name_of_its_own() {
        let twice = read("account_id,tier, tier\na,gold,silver\n", 10);
        assert_eq!(twice, Err(TableError::Repeated("tier".to_owned())));
        assert!(read("account_id,,\na,b,c\n", 10).is_ok(), "without a name");
    }
}
