//! Addresses: the page's own, and how events name any.

use std::borrow::Cow;

use super::page::{construct, global, member};
use crate::{ascii::end_before, settings::rules, text::clean};
use natero_event::limits::MAX_TEXT_UNITS;

/// The address of the page, with query and fragment.
pub(crate) fn full_address() -> String {
    location_part("href")
}

/// The address of the page, as events name it. If `with_hash`, a path in its fragment is
/// included.
pub(crate) fn page_address(with_hash: bool) -> String {
    event_address(&full_address(), with_hash)
}

/// An address as the browser writes it; `None` if it is invalid, or the page has no
/// `URL`.
pub(crate) fn normalised(url: &str) -> Option<String> {
    member(&construct("URL", &[url.into()]).ok()?, "href").as_string()
}

/// Whether a text is an http: or https: URL that the browser can parse. If `URL` does not
/// work at all, only its form is checked.
pub(crate) fn is_address(text: &str) -> bool {
    rules::is_address(text) && (normalised(text).is_some() || normalised("data:,").is_none())
}

/// An endpoint as a complete address, as the browser writes it, without trailing slashes:
/// one endpoint is one source, whatever its spelling. `None` if it is invalid, for example
/// a path on a page without an origin.
pub(crate) fn absolute(endpoint: &str) -> Option<String> {
    let mut address = String::new();
    if endpoint.starts_with('/') {
        address = page_origin();
    }
    address.push_str(endpoint.trim_end_matches('/'));
    (rules::is_endpoint(endpoint) && is_address(&address)).then(|| {
        let mut address = normalised(&address).unwrap_or(address);
        while address.ends_with('/') {
            address.pop();
        }
        address
    })
}

/// The host of the page, without its port.
pub(crate) fn page_host() -> String {
    location_part("hostname")
}

/// The origin of the page, or of the page that a worker belongs to. A frame without an
/// address of its own (`srcdoc`) inherits the origin of the page around it.
pub(crate) fn page_origin() -> String {
    let origin = location_part("origin");
    if origin == "null" {
        return global("origin").as_string().unwrap_or(origin);
    }
    origin
}

fn location_part(part: &str) -> String {
    member(&global("location"), part)
        .as_string()
        .unwrap_or_default()
}

/// An address without query and fragment, which may hold private data.
pub(crate) fn bare_address(address: &str) -> Cow<'_, str> {
    match document_kind(address) {
        Some(kind) => Cow::Owned(kind),
        None => Cow::Borrowed(truncate(&address[..end_before(address, b"?#")])),
    }
}

/// An address that was passed to a call, as events name it.
pub(crate) fn passed_address(address: &str) -> String {
    let address = clean(truncate(address));
    document_kind(&address).unwrap_or_else(|| truncate(&address).to_owned())
}

/// The scheme of a `data:` or `blob:` address, which contains a whole document of any size.
/// Browsers ignore control characters and spaces in front of a scheme, and some within it.
fn document_kind(address: &str) -> Option<String> {
    let significant = address.chars().filter(|letter| *letter > ' ');
    let kind: String = significant.take("data:".len()).collect();
    let is_it = kind.eq_ignore_ascii_case("data:") || kind.eq_ignore_ascii_case("blob:");
    is_it.then_some(kind)
}

/// A text, truncated to [`MAX_TEXT_UNITS`].
pub(crate) fn truncate(text: &str) -> &str {
    truncate_to(text, MAX_TEXT_UNITS)
}

/// A text, truncated to this many UTF-16 units.
pub(crate) fn truncate_to(text: &str, max_units: usize) -> &str {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        units += letter.len_utf16();
        if units > max_units {
            return &text[..at];
        }
    }
    text
}

fn event_address(address: &str, with_hash: bool) -> String {
    let mut event_address = bare_address(address).into_owned();
    if with_hash && document_kind(address).is_none() {
        event_address.push_str(fragment_path(address));
        event_address.truncate(truncate(&event_address).len());
    }
    event_address
}

/// The path that some routers keep in the fragment, without its query: `#/…` or `#!/…`.
fn fragment_path(address: &str) -> &str {
    for (at, byte) in address.bytes().enumerate() {
        if byte != b'#' {
            continue;
        }
        let fragment = &address[at..];
        if fragment.starts_with("#/") || fragment.starts_with("#!/") {
            return &fragment[..end_before(fragment, b"?")];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_named_without_what_is_nobody_elses_business() {
        let cases = [
            ("https://a/b?token=1#c", "https://a/b", "https://a/b"),
            ("https://a/b#/c/d?e", "https://a/b", "https://a/b#/c/d"),
            ("https://a/b?q#!/c", "https://a/b", "https://a/b#!/c"),
            ("https://a/b#section", "https://a/b", "https://a/b"),
            ("data:text/html,secret", "data:", "data:"),
            ("blob:https://a/1-2", "blob:", "blob:"),
        ];
        for (address, path, with_hash) in cases {
            assert_eq!(event_address(address, false), path);
            assert_eq!(event_address(address, true), with_hash);
        }
    }

    #[test]
    fn a_document_in_place_of_an_address_is_named_whatever_stands_around_its_scheme() {
        for address in [
            "data:text/html,secret",
            " data:text/html,secret",
            "\n\tDATA:text/html,secret",
            "\0data:text/html,secret",
            "da\0ta:text/html,secret",
            "da\nta:text/html,secret",
            " \u{1}BLOB:https://a/1-2",
            "\u{feff}data:text/html,secret",
            "\u{a0}blob:https://a/1-2",
        ] {
            let passed = passed_address(address).to_lowercase();
            assert!(
                matches!(&*passed, "data:" | "blob:"),
                "{address:?}: {passed}"
            );
        }
        assert_eq!(passed_address(" https://a/b?c#d\n"), "https://a/b?c#d");
    }

    #[test]
    fn a_long_address_is_cut_between_characters() {
        let long = format!("https://a/{}", "é".repeat(5_000));
        assert_eq!(
            event_address(&long, false).encode_utf16().count(),
            MAX_TEXT_UNITS
        );
    }
}
