//! Splits a body into lines.

/// A line of a body that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Number of the line, from 1. Blank lines count too, so that it is the
    /// number that an editor shows.
    pub number: usize,
    /// The line without its line end.
    pub bytes: &'a [u8],
}

/// Splits a body at `\n` or `\r\n` and skips blank lines.
pub fn lines(body: &[u8]) -> impl Iterator<Item = Line<'_>> {
    // Windows tools write a byte order mark before text.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    body.split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(at, bytes)| Line {
            number: at + 1,
            bytes: bytes.trim_ascii(),
        })
        .filter(|line| !line.bytes.is_empty())
}
