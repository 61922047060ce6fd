//! Repairs JSON strings that end within a surrogate pair.

use std::borrow::Cow;

/// Replaces each half of a surrogate pair by U+FFFD, the replacement character.
///
/// JavaScript, Python and other languages write such a half as an escape (`"\ud83d"`)
/// when a text was truncated within a character. The escape is not valid Unicode, but
/// that is no reason to reject the event.
pub(super) fn replace_lone_surrogates(line: &[u8]) -> Cow<'_, [u8]> {
    let mut repaired = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(step) = line[at..].iter().position(|byte| *byte == b'\\') {
        at += step;
        let Some(unit) = escaped_unit(&line[at..]) else {
            // A different escape. The character after the backslash is part of it.
            at = (at + 2).min(line.len());
            continue;
        };
        let is_pair = (0xD800..0xDC00).contains(&unit)
            && escaped_unit(&line[at + 6..]).is_some_and(|next| (0xDC00..0xE000).contains(&next));
        if is_pair {
            at += 12;
        } else {
            if (0xD800..0xE000).contains(&unit) {
                repaired.extend_from_slice(&line[copied..at]);
                repaired.extend_from_slice(br"\ufffd");
                copied = at + 6;
            }
            at += 6;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(line);
    }
    repaired.extend_from_slice(&line[copied..]);
    Cow::Owned(repaired)
}

/// Reads the UTF-16 unit of an escape (`\u` and four hexadecimal digits) at the
/// beginning of `text`.
fn escaped_unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mend(line: &str) -> String {
        String::from_utf8(replace_lone_surrogates(line.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn halves_are_replaced_and_whole_pairs_kept() {
        for (line, expected) in [
            (r#"{"a":"x\ud83d"}"#, r#"{"a":"x\ufffd"}"#),
            (r#"{"a":"\uDE00x"}"#, r#"{"a":"\ufffdx"}"#),
            (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#),
            (
                r#"{"a":"\ud83d\ud83d\ude00"}"#,
                r#"{"a":"\ufffd\ud83d\ude00"}"#,
            ),
            (r#"{"a":"\ude00\ud83d"}"#, r#"{"a":"\ufffd\ufffd"}"#),
            (r#"{"a":"\ud83d\n\ude00"}"#, r#"{"a":"\ufffd\n\ufffd"}"#),
        ] {
            assert_eq!(mend(line), expected, "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_an_escape_stays() {
        for line in [
            r#"{"a":"\\ud83d"}"#,
            r#"{"a":"\u00e9"}"#,
            r#""\ud8"#,
            r"\",
            r"\ud83",
        ] {
            assert_eq!(mend(line), line);
            assert!(matches!(
                replace_lone_surrogates(line.as_bytes()),
                Cow::Borrowed(_)
            ));
        }
    }
}
