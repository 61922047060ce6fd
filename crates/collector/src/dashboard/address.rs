//! Escapes ids and makes the addresses of pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that need no escaping in a path or a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Escapes a text for a segment of a path or a value of a query.
pub(crate) fn escaped(text: &str) -> String {
    // Browsers resolve segments that consist only of dots as relative steps.
    if !text.is_empty() && text.bytes().all(|byte| byte == b'.') {
        return "%2E".repeat(text.len());
    }
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The address of an account; `page` is `""` or the path of one of its pages,
/// such as `/users`.
pub(crate) fn account(account_id: &str, page: &str) -> String {
    format!("/accounts/{}{page}", escaped(account_id))
}

/// The address of a user.
pub(crate) fn user(user_id: &str) -> String {
    format!("/users/{}", escaped(user_id))
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
}
