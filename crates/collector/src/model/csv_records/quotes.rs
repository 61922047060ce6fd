//! Quotes in the cells of a table.

/// The error for a quote that begins a cell and does not end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quote at the beginning of a cell is not closed at its end")]
pub(super) struct UnclosedQuote {
    /// The number of its line, from 1.
    pub(super) line: u64,
}

/// The position of the quote checker within a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before its first character.
    Begin,
    /// Within a cell without quotes.
    Bare,
    /// Within quotes.
    Quoted,
    /// After a quote that either ends the cell or is the first half of an escaped quote.
    Closed,
}

/// Checks that every quote that begins a cell is closed at the end of the cell. The CSV
/// reader would take everything after an open quote, including further lines, as one cell.
///
/// # Errors
/// The number of the line in which such a quote stands.
pub(super) fn check_quotes(
    text: &[u8],
    separator: u8,
    lines_before: u64,
) -> Result<(), UnclosedQuote> {
    let mut place = Place::Begin;
    let (mut line, mut opened) = (lines_before + 1, lines_before + 1);
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
            (Place::Closed, _) => return Err(UnclosedQuote { line: opened }),
            (Place::Begin | Place::Bare, _) => Place::Bare,
        };
        line += u64::from(*byte == b'\n');
    }
    if place == Place::Quoted {
        return Err(UnclosedQuote { line: opened });
    }
    Ok(())
}
