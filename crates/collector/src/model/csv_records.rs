//! Records of the Account API as a table: a line of field names, then one line for
//! each record.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::calendar::{Day, TimeZone};

/// Why a table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It has no line with names.
    #[error("the table is empty; its first line names the fields, such as account_id,name,tier")]
    Empty,
    /// A line has more or fewer cells than there are names, or quotes are not closed.
    #[error("line {line} cannot be read: {cause}; check commas and quotes in it")]
    Line {
        /// Number of the line, from 1.
        line: u64,
        /// What the reader says.
        cause: String,
    },
    /// Two columns have the same name.
    #[error("the first line names `{0}` twice; give every column a name of its own")]
    Repeated(String),
    /// It has too many lines.
    #[error("more than {0} records; import them in parts")]
    TooMany(usize),
}

/// A record with the number of its line, from 1.
pub type NumberedRecord = (u64, Value);

/// Reads a table with at most `most` records. Commas, semicolons and tabs separate
/// cells, whichever the first line has most of. An empty cell says nothing about
/// its field.
///
/// # Errors
/// When a line cannot be read.
pub fn read(text: &str, most: usize) -> Result<Vec<NumberedRecord>, TableError> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let separator = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|separator| first.bytes().filter(|byte| byte == separator).count())
        .unwrap_or(b',');
    check_quotes(text.as_bytes(), separator)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let line_error = |cause: &csv::Error| TableError::Line {
        line: cause.position().map_or(1, csv::Position::line),
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
    let mut records = Vec::new();
    let mut lines = LineCounter::new(text);
    for row in reader.records() {
        let row = row.map_err(|cause| line_error(&cause))?;
        if records.len() == most {
            return Err(TableError::TooMany(most));
        }
        let line = lines.line_at(row.position().map_or(0, csv::Position::byte));
        let fields: Map<String, Value> = names
            .iter()
            .zip(row.iter())
            .filter(|(name, cell)| !name.is_empty() && !cell.is_empty())
            .map(|(name, cell)| (name.to_owned(), value(name, cell)))
            .collect();
        if !fields.is_empty() {
            records.push((line, Value::Object(fields)));
        }
    }
    Ok(records)
}

/// Where in a cell a reader of quotes is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before its first character.
    Begin,
    /// Within a cell without quotes.
    Bare,
    /// Within quotes.
    Quoted,
    /// Behind a quote that ends a cell, or is the first of two that stand for one.
    Closed,
}

/// Checks that every quote that begins a cell is closed at its end. The reader of the
/// table takes all that follows an open one, lines and all, for one cell.
fn check_quotes(text: &[u8], separator: u8) -> Result<(), TableError> {
    let mut place = Place::Begin;
    let (mut line, mut opened) = (1, 1);
    let unclosed = |line: u64| TableError::Line {
        line,
        cause: "a quote at the beginning of a cell is not closed at its end".to_owned(),
    };
    for byte in text {
        let ends_cell = *byte == separator || matches!(byte, b'\r' | b'\n');
        place = match (place, byte) {
            (Place::Begin, b'"') => {
                opened = line;
                Place::Quoted
            }
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Quoted, _) | (Place::Closed, b'"') => Place::Quoted,
            _ if ends_cell => Place::Begin,
            (Place::Closed, b' ' | b'\t') => Place::Closed,
            (Place::Closed, _) => return Err(unclosed(opened)),
            (Place::Begin | Place::Bare, _) => Place::Bare,
        };
        line += u64::from(*byte == b'\n');
    }
    if place == Place::Quoted {
        return Err(unclosed(opened));
    }
    Ok(())
}

/// Numbers the lines of records. The reader's own count is one short where a line
/// ends with two characters, for it sees the second only when it reads on.
struct LineCounter<'a> {
    rest: &'a [u8],
    /// Bytes before `rest`.
    counted: u64,
    line: u64,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> LineCounter<'a> {
        LineCounter {
            rest: text.as_bytes(),
            counted: 0,
            line: 1,
        }
    }

    /// The line of the record that begins at a byte, or behind the line ends there.
    fn line_at(&mut self, byte: u64) -> u64 {
        while let Some((first, rest)) = self.rest.split_first()
            && (self.counted < byte || matches!(first, b'\r' | b'\n'))
        {
            self.line += u64::from(*first == b'\n');
            self.counted += 1;
            self.rest = rest;
        }
        self.line
    }
}

/// The value of a cell. Ids and names stay texts, however they look.
fn value(name: &str, cell: &str) -> Value {
    let is_text = name.ends_with("_id") || name.ends_with("name") || name == "hierarchy_label";
    // A text that would be a formula has an apostrophe in front where we wrote it.
    let cell = match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    };
    if is_text {
        return cell.into();
    }
    if name.ends_with("_date")
        && let Ok(day) = cell.parse::<Day>()
    {
        // Dates are given without a time.
        return TimeZone::UTC.start_of(day).into();
    }
    match cell {
        "true" | "TRUE" => true.into(),
        "false" | "FALSE" => false.into(),
        // `007` is a code and no number.
        _ if cell.starts_with('0') && cell.len() > 1 => cell.into(),
        _ => match cell.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => cell.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_a_record_whatever_separates_its_cells() {
        let expected = vec![
            (
                2,
                json!({"account_id": "7", "name": "Acme, Ltd", "seats": 40}),
            ),
            (
                3,
                json!({"account_id": "b", "seats": "007", "is_deleted": true}),
            ),
        ];
        for text in [
            "account_id,name,seats,is_deleted\n7,\"Acme, Ltd\",40,\nb,,007,true\n",
            "\u{feff}account_id;name;seats;is_deleted\r\n7;Acme, Ltd;40;\r\nb;;007;TRUE\r\n",
            "account_id\tname\tseats\tis_deleted\n7\tAcme, Ltd\t40\t\nb\t\t007\ttrue",
        ] {
            assert_eq!(read(text, 10).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_days_and_what_we_wrote_reads_back() {
        let text = "account_id,join_date,note\na,2024-05-01,'=1+1\n";
        assert_eq!(
            read(text, 10).unwrap(),
            [(
                2,
                json!({"account_id": "a", "join_date": 1_714_521_600_000_i64, "note": "=1+1"})
            )]
        );
    }

    #[test]
    fn the_error_names_the_line() {
        assert_eq!(read("", 10), Err(TableError::Empty));
        assert_eq!(read("a\n1\n2", 1), Err(TableError::TooMany(1)));
        let broken = read("account_id,name\na,b\nc,d,e\n", 10).unwrap_err();
        assert!(broken.to_string().contains("line 3"), "{broken}");
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
            read(fine, 10).unwrap(),
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
