/// One line of a body that holds more than white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Number of the line, from 1; empty lines are counted too, so that it is
    /// the number an editor shows.
    pub number: usize,
    /// The line without its end.
    pub bytes: &'a [u8],
}

/// Splits a body at `\n` or `\r\n`, leaving out lines without content.
pub fn lines(body: &[u8]) -> impl Iterator<Item = Line<'_>> {
    // Windows tools put a byte order mark in front of text.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    body.split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(at, bytes)| Line {
            number: at + 1,
            bytes: bytes.trim_ascii(),
        })
        .filter(|line| !line.bytes.is_empty())
}
