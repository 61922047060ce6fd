//! Rejected lines of a batch.

use std::collections::BTreeMap;

use crate::model::nul::without_nul;

/// Maximum number of rows that one batch writes. A broken client has only a few reasons; any other
/// client must not keep the writer busy.
const MAX_GROUPS: usize = 100;

/// The kind under which all further errors are counted once a source has too many rows.
pub const OTHER: &str = "other";

/// Maximum length of a stored kind, example or account, in characters.
const MAX_CHARS: usize = 256;

/// Number of rows of a source from which on the account is no longer recorded. Anybody can send
/// lines with any account. From twice this number on, the kind is not recorded either.
pub(in crate::store) const MAX_ROWS: i64 = 1000;

/// The kind and the account under which to store lines that have no row yet, when their source
/// already has `rows` rows.
pub(in crate::store) fn limit_groups<'a>(
    rows: i64,
    kind: &'a str,
    account: &'a str,
) -> (&'a str, &'a str) {
    let account = if rows >= MAX_ROWS { "" } else { account };
    let kind = if rows >= 2 * MAX_ROWS { OTHER } else { kind };
    (kind, account)
}

/// Rejected lines of one kind and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// Number of lines.
    pub lines: i64,
    /// The message for the latest of them. It may contain a value from the line.
    pub example: String,
}

/// The rejected lines of a batch, by kind of error and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedLines(BTreeMap<(String, String), Refused>);

impl RefusedLines {
    /// Counts a line. `kind` is the same for all lines with this error, `example` is the message
    /// for this line, and `account_id` the account that it names, if it could be read.
    pub fn add(&mut self, kind: &str, example: &str, account_id: Option<&str>) {
        let cut = |text: &str| without_nul(text.chars().take(MAX_CHARS).collect());
        // There are few kinds, but there may be as many accounts as lines.
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

    /// The lines by kind and account. The account is empty when it could not be read.
    pub fn groups(self) -> BTreeMap<(String, String), Refused> {
        self.0
    }

    /// Whether no line was rejected.
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
