//! Texts that are checked once and borrowed from then on.

use crate::limits::MAX_ID_CHARS;

/// An account, user, module, product or feature id: 1 to [`MAX_ID_CHARS`] characters
/// without surrounding white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<'a>(&'a str);

impl<'a> Id<'a> {
    /// Trims a text and takes it as an id. `None`: it is empty or longer than
    /// [`MAX_ID_CHARS`] characters.
    pub fn new(text: &'a str) -> Option<Id<'a>> {
        let text = trim(text);
        let fits = text.len() <= MAX_ID_CHARS || text.chars().count() <= MAX_ID_CHARS;
        (!text.is_empty() && fits).then_some(Id(text))
    }

    /// Takes a text that its caller has already checked as [`Id::new`] does. `None`: it
    /// is empty.
    ///
    /// The TypeScript side of the npm package checks arguments at the call, while the
    /// developer's stack trace still shows the caller. A second check in the wasm would
    /// pull in Unicode's tables of white space.
    pub fn from_checked(text: &'a str) -> Option<Id<'a>> {
        (!text.is_empty()).then_some(Id(text))
    }

    /// The id itself.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// A JSON object, already serialised, of at most
/// [`MAX_DETAILS_BYTES`](crate::limits::MAX_DETAILS_BYTES).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(pub &'a str);

/// A JSON number, already written. Printing floats takes more than 10 KB of wasm, and
/// every host can print them anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<'a>(pub &'a str);

impl Number<'_> {
    /// One, the default `total` of a feature event.
    pub const ONE: Number<'static> = Number("1");
}

/// A text without surrounding white space, by JavaScript's rules: all of Unicode's white
/// space except U+0085, and U+FEFF. So an id is the same whichever side of the tracker
/// trims it.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| match letter {
        '\u{85}' => false,
        '\u{feff}' => true,
        _ => letter.is_whitespace(),
    })
}

/// The text before and after the first occurrence of an ASCII character. `None`: it does
/// not occur. The method of this name also handles separators of several bytes, and is
/// larger.
#[inline(never)]
pub fn split_once(text: &str, ascii: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == ascii)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_trimmed_and_neither_empty_nor_longer_than_its_limit() {
        assert_eq!(Id::new(" acme\n").map(Id::as_str), Some("acme"));
        assert_eq!(Id::new(" \t"), None);
        assert_eq!(
            Id::new("\u{feff}acme\u{2003}").map(Id::as_str),
            Some("acme")
        );
        assert_eq!(Id::new("acme\u{85}").map(Id::as_str), Some("acme\u{85}"));
        assert!(Id::new(&"é".repeat(MAX_ID_CHARS)).is_some());
        assert!(Id::new(&"é".repeat(MAX_ID_CHARS + 1)).is_none());
    }
}
