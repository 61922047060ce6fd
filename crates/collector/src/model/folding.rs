//! Folds texts for searching: removes case and accents, so that `zurich` finds Zürich and
//! `LODZ` finds Łódź.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folds a text. Texts become equal if they differ only in case, accents or Unicode
/// normalization.
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        for lower in letter.to_lowercase() {
            match base_letters(lower) {
                Some(base) => folded.push_str(base),
                // Converting a letter to lower case may add a combining mark.
                None if is_combining_mark(lower) => {}
                None => folded.push(lower),
            }
        }
    }
    Cow::Owned(folded)
}

/// The base letters of a letter that Unicode does not decompose.
fn base_letters(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'þ' => "th",
        'ŋ' => "n",
        'ŧ' => "t",
        _ => return None,
    })
}

/// Whether a text contains each of these words, in any order. Both must be folded.
pub fn has_words(text: &str, words: &str) -> bool {
    words.split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_forms_of_unicode_make_no_difference() {
        for (text, wanted) in [
            ("Zürich", "zurich"),
            ("Zu\u{308}rich", "zurich"),
            ("ZÜRICH", "zurich"),
            ("Göteborg", "goteborg"),
            ("Gdańsk", "gdansk"),
            ("ŁÓDŹ", "lodz"),
            ("Straße", "strasse"),
            ("Sørensen", "sorensen"),
            ("İstanbul", "istanbul"),
            ("Ｆｕｌｌ", "full"),
            ("Ελλάδα", "ελλαδα"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(folded(text), wanted, "{text}");
            assert_eq!(folded(&folded(text)), wanted, "folding again");
        }
    }
}
