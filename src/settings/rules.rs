//! The rules for the values of settings, by kind.

use crate::{
    ascii::{end_before, split_once},
    text::clean,
};

/// Whether batches can be sent to this address after a path is appended: an address of
/// another origin, or a path of the page's own.
pub fn is_endpoint(text: &str) -> bool {
    // Browsers refuse an address with a user name, and read a backslash as a slash.
    let is_plain = |text: &str| {
        !text
            .bytes()
            .any(|it| it <= b' ' || matches!(it, b'?' | b'#' | b'\\'))
    };
    // Two slashes would begin a host name.
    let is_path = text.starts_with('/') && !text[1..].starts_with('/');
    let is_url = host(text).is_some_and(|host| end_before(host, b"@") == host.len());
    (is_path || is_url) && is_plain(text)
}

/// Whether a text is an http: or https: URL with a host.
pub fn is_address(text: &str) -> bool {
    // Browsers leave out white space at the end, and encode it within a path.
    let text = text.trim_end_matches(|letter| letter <= ' ');
    host(text).is_some_and(|host| !host.bytes().any(|byte| byte <= b' '))
}

/// The host and port of an http: or https: URL.
fn host(text: &str) -> Option<&str> {
    let (scheme, rest) = split_once(text, b':')?;
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

/// Whether a number is a valid time in ms. The limit excludes infinity.
pub fn is_span(number: f64) -> bool {
    (0.0..1e15).contains(&number)
}

/// Whether a text can be part of a name: it must not break out of a cookie, and names of
/// locks cannot begin with a hyphen.
pub fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(fits)
}

/// Describes a text that is not a valid id.
pub fn describe_id(text: &str) -> &'static str {
    if clean(text).is_empty() {
        "an empty string"
    } else {
        "a longer string"
    }
}

/// Describes a number that is not valid.
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
