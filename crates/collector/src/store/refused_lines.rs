//! Lines of a batch that were refused.

use std::collections::BTreeMap;

/// Most rows that one batch writes: a broken client has few reasons, and another
/// must not hold the writer.
const MAX_GROUPS: usize = 100;

/// The reason of lines whose own is no longer told apart.
pub const OTHER: &str = "other";

/// Longest reason and account that are kept, in characters.
const MAX_CHARS: usize = 256;

/// The refused lines of a batch, by reason and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedLines(BTreeMap<(String, String), i64>);

impl RefusedLines {
    /// Counts a line. `account_id` is the account that it names, if it can be read.
    pub fn add(&mut self, reason: &str, account_id: Option<&str>) {
        let cut = |text: &str| -> String { text.chars().take(MAX_CHARS).collect() };
        // Reasons are few; accounts may be as many as lines.
        let account_id = account_id.filter(|_| self.0.len() < MAX_GROUPS / 2);
        let mut key = (cut(reason), cut(account_id.unwrap_or_default()));
        if self.0.len() >= MAX_GROUPS && !self.0.contains_key(&key) {
            key = (OTHER.to_owned(), String::new());
        }
        *self.0.entry(key).or_default() += 1;
    }

    /// The number of lines by reason and account, which is empty where none was read.
    pub fn counts(self) -> BTreeMap<(String, String), i64> {
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
            refused.add(&format!("wrong {}", line % 1000), Some(&format!("a{line}")));
        }
        assert!(refused.0.len() <= MAX_GROUPS + 1, "{}", refused.0.len());
        assert_eq!(refused.0.values().sum::<i64>(), 60_000);
    }
}
