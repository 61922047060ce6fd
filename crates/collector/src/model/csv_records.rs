//! Records of the Account API as a table: a line of field names, then one line for
//! each record.

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
}
