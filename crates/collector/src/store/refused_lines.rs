//! Lines of a batch that were refused.

use std::collections::BTreeMap;

use crate::model::nul::without_nul;

/// Most rows that one batch writes: a broken client has few reasons, and another
/// must not hold the writer.
const MAX_GROUPS: usize = 100;

/// The kind of lines whose own is no longer told apart.
pub const OTHER: &str = "other";

/// Longest kind, example and account that are kept, in characters.
const MAX_CHARS: usize = 256;

/// Most rows that are stored of a source. Anybody can send lines with any account, so beyond so
/// many the account of a line is no longer told apart.
pub(in crate::store) const MAX_ROWS: i64 = 1000;

/// The kind and the account under which lines are stored that have no row yet, where
/// their source has so many already.
pub(in crate::store) fn told_apart<'a>(
    rows: i64,
    kind: &'a str,
    account: &'a str,
) -> (&'a str, &'a str) {
    let account = if rows >= MAX_ROWS { "" } else { account };
    let kind = if rows >= 2 * MAX_ROWS { OTHER } else { kind };
    (kind, account)
}

/// Refused lines of one kind and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// Number of lines.
    pub lines: i64,
    /// What the latest of them was told. It may have a value of the line in it.
    pub example: String,
}

/// The refused lines of a batch, by the kind of error and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedLines(BTreeMap<(String, String), Refused>);

impl RefusedLines {
    /// Counts a line. `kind` is the same for all lines with this error, `example` what
    /// the line is told, and `account_id` the account that it names, if it can be read.
    pub fn add(&mut self, kind: &str, example: &str, account_id: Option<&str>) {
        let cut = |text: &str| without_nul(text.chars().take(MAX_CHARS).collect());
        // Kinds are few; accounts may be as many as lines.
        let mut key = (cut(kind), cut(account_id.unwrap_or_default()));
        if self.0.len() >= MAX_GROUPS / 2 && !self.0.contains_key(&key) {
            key.1.clear();
        }
        if self.0.len() >= MAX_GROUPS && !self.0.contains_key(&key) {
            key = (OTHER.to_owned(), String::new());
        }
        let refused = self.0.entry(key).or_default();
        refused.lines += 1;
        refused.example = cut(example);
    }

    /// The lines by kind and account, which is empty where none was read.
    pub fn groups(self) -> BTreeMap<(String, String), Refused> {
        self.0
    }

    /// Whether no line was refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_different_lines_takes_a_bounded_number_of_rows() {
        let mut refused = RefusedLines::default();
        for line in 0..60_000 {
            let kind = format!("wrong {}", line % 1000);
            refused.add(&kind, "it is wrong", Some(&format!("a{line}")));
        }
        assert!(refused.0.len() <= MAX_GROUPS + 1, "{}", refused.0.len());
        let lines: i64 = refused.0.values().map(|refused| refused.lines).sum();
        assert_eq!(lines, 60_000);
    }

    #[test]
    fn lines_of_one_kind_are_one_group_of_their_account() {
        let mut refused = RefusedLines::default();
        for line in 0..9_000 {
            let example = format!("`created_at` {line} is before the year 2000");
            refused.add("too_early", &example, Some("acme"));
        }
        let groups = refused.groups();
        let of = &groups[&("too_early".to_owned(), "acme".to_owned())];
        assert_eq!((groups.len(), of.lines), (1, 9_000));
        assert!(of.example.contains("8999"), "{}", of.example);
    }
}
