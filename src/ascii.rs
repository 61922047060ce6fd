//! Searches texts for ASCII bytes. The searches of the standard library handle any
//! character or text, and make the wasm 2 KB larger.

use std::iter::from_fn;

/// The position of the first of these bytes, or the end of the text.
pub(crate) fn end_before(text: &str, ends: &[u8]) -> usize {
    #[expect(clippy::manual_contains, reason = "that of bytes brings memchr along")]
    let is_end = |byte| ends.iter().any(|end| *end == byte);
    let found = text.bytes().position(is_end);
    found.unwrap_or(text.len())
}

/// The text before and after the first occurrence of a byte.
pub(crate) fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let end = end_before(text, &[at]);
    Some((&text[..end], text.get(end + 1..)?))
}

/// The text before and after the last occurrence of a byte.
pub(crate) fn rsplit_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let last = text.bytes().rposition(|byte| byte == at)?;
    Some((&text[..last], &text[last + 1..]))
}

/// The parts of a text between occurrences of a byte.
pub(crate) fn split(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    from_fn(move || {
        let text = rest?;
        let (part, after) =
            split_once(text, at).map_or((text, None), |(part, it)| (part, Some(it)));
        rest = after;
        Some(part)
    })
}

/// Whether a text contains another.
pub(crate) fn contains(part: &str, text: &str) -> bool {
    let mut places = text.as_bytes().windows(part.len().max(1));
    places.any(|place| place == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_parted_as_the_standard_library_parts_them() {
        for text in ["", ";", "a", "a;", ";a", "é;ü;", "a;;b", "ü"] {
            assert_eq!(split_once(text, b';'), text.split_once(';'), "{text}");
            assert_eq!(rsplit_once(text, b';'), text.rsplit_once(';'), "{text}");
            assert!(split(text, b';').eq(text.split(';')), "{text}");
            assert_eq!(
                end_before(text, b";a"),
                text.find([';', 'a']).unwrap_or(text.len()),
                "{text}"
            );
            for part in ["a", ";b", "é;ü", "abc"] {
                assert_eq!(contains(part, text), text.contains(part), "{text} {part}");
            }
        }
    }
}
