//! Text in CSV files.

use std::borrow::Cow;

/// Makes a text safe to open in a spreadsheet, which runs a cell that begins with one of
/// these characters as a formula. Such a text gets a leading apostrophe.
pub fn safe_cell(text: &str) -> Cow<'_, str> {
    // Spreadsheets skip leading white space, and treat full-width signs like the ordinary
    // ones.
    let first = text.trim_start().chars().next();
    let is_formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
    );
    if is_formula || text.starts_with(['\t', '\r', '\n']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_a_spreadsheet_would_run_gets_an_apostrophe() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1"] {
            assert_eq!(safe_cell(formula), format!("'{formula}"));
        }
    }

    #[test]
    fn any_other_text_stays_as_it_is() {
        for text in ["", "a=b", "'=1", "3 - 2", "ü", "{\"a\":1}"] {
            assert_eq!(safe_cell(text), text);
        }
    }
}
