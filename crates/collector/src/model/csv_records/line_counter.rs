//! The numbers of the lines in a table.

/// Numbers the lines of records. The CSV reader's own count is one too low when lines end
/// with CR LF, because the reader sees the LF only when it reads on.
pub(super) struct LineCounter<'a> {
    rest: &'a [u8],
    /// Number of bytes before `rest`.
    counted: u64,
    line: u64,
}

impl<'a> LineCounter<'a> {
    pub(super) fn new(text: &'a str, lines_before: u64) -> LineCounter<'a> {
        LineCounter {
            rest: text.as_bytes(),
            counted: 0,
            line: lines_before + 1,
        }
    }

    /// The line of the record that begins at a byte, or just after the line break before it.
    pub(super) fn line_at(&mut self, byte: u64) -> u64 {
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
