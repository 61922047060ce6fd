//! What stands before the line of names in a table, and the separator of its cells.

/// The part before the line of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    /// Its length in bytes.
    pub(super) length: usize,
    /// Its number of lines.
    pub(super) lines: u64,
    /// The separator of the table's cells.
    pub(super) separator: u8,
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

impl Beginning {
    pub(super) fn of(text: &str) -> Self {
        let mut rest = text.trim_start_matches('\u{feff}');
        let (mut lines, mut declared) = (0, None);
        while let Some((line, behind)) = rest.split_once('\n') {
            let is_blank = line.bytes().all(|byte| {
                byte.is_ascii_whitespace() || byte == b'"' || SEPARATORS.contains(&byte)
            });
            match declared_separator(line) {
                Some(separator) if declared.is_none() => declared = Some(separator),
                Some(_) | None if is_blank => {}
                Some(_) | None => break,
            }
            (rest, lines) = (behind, lines + 1);
        }
        Beginning {
            length: text.len() - rest.len(),
            lines,
            separator: declared.unwrap_or_else(|| most_frequent_separator(rest)),
        }
    }
}

/// The separator that a line such as `sep=;` specifies.
fn declared_separator(line: &str) -> Option<u8> {
    let line = line.trim_end_matches('\r').trim_matches('"');
    match line.as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator]
            if separator.is_ascii() && !separator.is_ascii_alphanumeric() =>
        {
            Some(*separator)
        }
        _ => None,
    }
}

/// The separator that occurs most often outside of quotes in the first line.
fn most_frequent_separator(text: &str) -> u8 {
    let mut counts = SEPARATORS.map(|separator| (0, separator));
    let mut is_quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\r' | b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => {
                let of_byte = counts
                    .iter_mut()
                    .filter(|(_, separator)| *separator == byte);
                of_byte.for_each(|(count, _)| *count += 1);
            }
        }
    }
    // The comma wins a tie, because it is the most usual separator.
    let [first, rest @ ..] = counts;
    let most = rest.into_iter().fold(
        first,
        |most, next| if next.0 > most.0 { next } else { most },
    );
    most.1
}
