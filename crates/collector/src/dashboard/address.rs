//! Addresses of pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// What may stand in a path or a query as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A text as a part of an address.
pub(super) fn escaped(text: &str) -> String {
    // A segment of dots alone would be taken for a step up.
    if !text.is_empty() && text.bytes().all(|byte| byte == b'.') {
        return "%2E".repeat(text.len());
    }
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The address of an account, or of a page of it.
pub(super) fn account(account_id: &str, page: &str) -> String {
    format!("/accounts/{}{page}", escaped(account_id))
}

/// What a page shows of an account: everything of an address behind `?`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct View {
    /// Name of the period.
    pub(super) range: Option<String>,
    /// First day of a period without a name.
    pub(super) from: Option<String>,
    /// Its last day.
    pub(super) to: Option<String>,
    /// `false` for the account without those below it.
    pub(super) rollup: Option<String>,
    /// Only this product; empty for events without one.
    pub(super) product: Option<String>,
    /// Only this module.
    pub(super) module: Option<String>,
    /// Which page of a list.
    pub(super) page: Option<String>,
    /// At which level the table begins into which rows are put.
    pub(super) base: Option<String>,
}

impl View {
    /// Whether everything below the account counts too.
    pub(super) fn rolls_up(&self) -> bool {
        self.rollup.as_deref() != Some("false")
    }

    /// Number of the page, from 1.
    pub(super) fn page_number(&self) -> i64 {
        let page = self.page.as_deref().and_then(|page| page.parse().ok());
        page.unwrap_or(1).max(1)
    }

    /// The period alone: what stays the same from account to account.
    pub(super) fn only_period(&self) -> View {
        View {
            range: self.range.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            ..View::default()
        }
    }

    /// The period and whether it rolls up: what stays the same from tab to tab.
    pub(super) fn without_parts(&self) -> View {
        View {
            rollup: self.rollup.clone(),
            ..self.only_period()
        }
    }

    /// The view at an address.
    pub(super) fn at(&self, path: &str) -> String {
        let fields = [
            ("range", &self.range),
            ("from", &self.from),
            ("to", &self.to),
            ("rollup", &self.rollup),
            ("product", &self.product),
            ("module", &self.module),
            ("page", &self.page),
            ("base", &self.base),
        ];
        let mut address = path.to_owned();
        let mut separator = if path.contains('?') { '&' } else { '?' };
        for (name, value) in fields {
            if let Some(value) = value {
                address.push(separator);
                address.push_str(name);
                address.push('=');
                address.push_str(&escaped(value));
                separator = '&';
            }
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_is_one_segment_of_a_path() {
        assert_eq!(account("acme-1", ""), "/accounts/acme-1");
        assert_eq!(
            account("a/b?c#d", "/users"),
            "/accounts/a%2Fb%3Fc%23d/users"
        );
        assert_eq!(account("..", ""), "/accounts/%2E%2E");
        assert_eq!(account("<b>\"é", ""), "/accounts/%3Cb%3E%22%C3%A9");
    }

    #[test]
    fn a_view_is_written_without_what_it_does_not_say() {
        let view = View {
            range: Some("7d".into()),
            product: Some(String::new()),
            module: Some("a&b".into()),
            ..View::default()
        };
        assert_eq!(view.at("/x"), "/x?range=7d&product=&module=a%26b");
        assert_eq!(View::default().at("/x"), "/x");
        assert_eq!(view.only_period().at("/x?parent=1"), "/x?parent=1&range=7d");
    }
}
