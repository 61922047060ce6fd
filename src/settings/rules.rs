//! What the value of a setting has to be, by its kind, and how to say so.

use natero_event::trim;

use crate::ascii::{end_before, parted_at};

/// What an id has to be.
pub const ID: &str = "a string of 1 to 256 characters";
/// What the endpoint has to be.
pub const ENDPOINT: &str = "an http: or https: URL, or a path of this origin";
/// What another address has to be.
pub const ADDRESS: &str = "an http: or https: URL";
/// What a span, count or size has to be.
pub const POSITIVE: &str = "a number above 0";
/// What a part of a name has to be.
pub const TOKEN: &str = "a string of letters, digits, '.', '-' and '_'";
/// What a time that the caller measured has to be.
pub const SPAN: &str = "a number of ms, 0 or more";
/// What details have to be.
pub const DETAILS: &str = "a plain object of at most 16 KiB as JSON";

/// Whether a text is an address that batches may go to, to which a path can be
/// appended: of another origin, or a path of this one.
pub fn is_endpoint(text: &str) -> bool {
    // Browsers refuse a user name in it, and read a backslash as a slash.
    let is_plain = |text: &str| {
        !text
            .bytes()
            .any(|it| it <= b' ' || matches!(it, b'?' | b'#' | b'\\'))
    };
    // Two slashes begin the name of a host.
    let is_path = text.starts_with('/') && !text[1..].starts_with('/');
    let is_url = host(text).is_some_and(|host| end_before(host, b"@") == host.len());
    (is_path || is_url) && is_plain(text)
}

/// Whether a text is an http: or https: URL with a host.
pub fn is_address(text: &str) -> bool {
    host(text).is_some() && !text.bytes().any(|byte| byte <= b' ')
}

/// The host and port of an http: or https: URL.
fn host(text: &str) -> Option<&str> {
    let (scheme, rest) = parted_at(text, b':')?;
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let rest = rest.strip_prefix('/')?.strip_prefix('/')?;
    let end = end_before(rest, b"/?#");
    let host = &rest[..end];
    (is_http && !host.is_empty() && !host.starts_with(':')).then_some(host)
}

/// Whether a number is above 0 and finite. 10^15 ms are 30,000 years.
pub fn is_positive(number: f64) -> bool {
    number > 0.0 && number < 1e15
}

/// Whether a number is a time in ms; the bound shuts out infinity.
pub fn is_span(number: f64) -> bool {
    (0.0..1e15).contains(&number)
}

/// Whether a text can be part of a name: nothing in it can break out of a cookie,
/// and no name of a lock begins with a hyphen.
pub fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(fits)
}

/// What a text is that is no id.
pub fn describe_id(text: &str) -> &'static str {
    if trim(text).is_empty() {
        "an empty string"
    } else {
        "a longer string"
    }
}

/// What a number is that cannot be taken.
pub fn describe_number(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number == 0.0 {
        "0"
    } else if number < 0.0 {
        "a negative number"
    } else {
        "a number that is too large"
    }
}

/// A text as a message shows it.
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    shown.extend(text.chars().take(60));
    shown.push('"');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_id_is_told_as_it_is_checked() {
        assert!(ID.contains(&natero_event::limits::MAX_ID_CHARS.to_string()));
    }

    #[test]
    fn an_endpoint_is_an_address_or_a_path_of_this_origin() {
        for right in ["https://a", "http://a:8/b", "HTTPS://a", "/usage", "/"] {
            assert!(is_endpoint(right), "{right}");
        }
        for wrong in [
            "",
            "a",
            "a.example.com",
            "//a",
            "/\\a",
            "http://",
            "http:///a",
            "https://:8",
            "ftp://a",
            "https://a b",
            "javascript:a",
            "https://a?b",
            "https://a/b#c",
            "https://user@a",
        ] {
            assert!(!is_endpoint(wrong), "{wrong}");
        }
    }
}
