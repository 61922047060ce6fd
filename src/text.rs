//! Texts of an application, as events contain them.

use natero_event::{Id, trim};

use crate::ascii::split;

/// A text without surrounding white space and without NUL, at which some receivers end
/// texts.
pub(crate) fn clean(text: &str) -> String {
    let readable: String = split(text, 0).collect();
    trim(&readable).to_owned()
}

/// A text as the id that events carry; `None` if it is not a valid one.
pub(crate) fn to_id(text: &str) -> Option<String> {
    let clean = clean(text);
    Id::new(&clean).is_some().then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_behind_the_nul_around_it() {
        assert_eq!(clean("\0 \u{feff}a\0 b \0"), "a b");
        assert_eq!(clean("\0 \0"), "");
    }
}
