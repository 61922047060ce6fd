//! The session cookie of a signed-in person.

use axum::http::{HeaderMap, header};

/// Name of the cookie over HTTP.
const PLAIN: &str = "natero_session";

/// Name of the cookie over HTTPS: browsers accept it only there, and only from the same host.
const SECURE: &str = "__Host-natero_session";

/// Most session ids of a request that are looked up.
const MAX_PRESENTED: usize = 4;

/// Makes the id of a new session.
///
/// # Errors
/// When the operating system supplies no random numbers.
pub(crate) fn new_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads the session ids from the cookies of a request, those of the secure cookie first. A browser
/// may send several: cookies do not distinguish ports, and one that was set over HTTP is also sent
/// over HTTPS. Such a session may have ended, or belong to another collector.
pub(crate) fn presented(headers: &HeaderMap) -> Vec<&str> {
    let of = |wanted: &'static str| {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(move |(name, value)| (name == wanted).then_some(value))
    };
    of(SECURE).chain(of(PLAIN)).take(MAX_PRESENTED).collect()
}

/// The cookie that stores a session id in the browser. The browser sends it when a link on
/// another site is followed, such as one in a chat, but not with forms or scripts of another
/// site.
pub(crate) fn cookie(id: &str, is_https: bool) -> String {
    let name = if is_https { SECURE } else { PLAIN };
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={id}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

/// The cookies that remove a session id from the browser.
pub(crate) fn removal_cookies() -> [String; 2] {
    let end = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
    [format!("{PLAIN}={end}"), format!("{SECURE}={end}; Secure")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_of_forms_of_other_sites() {
        assert_eq!(
            cookie("1", false),
            "natero_session=1; Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            cookie("1", true),
            "__Host-natero_session=1; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn the_secure_cookie_comes_first_wherever_it_stands() {
        let read = |cookies: &str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, cookies.parse().unwrap())]);
            presented(&headers).join(" ")
        };
        assert_eq!(
            read("natero_session=1; other=2; __Host-natero_session=3"),
            "3 1"
        );
        assert_eq!(read("other=natero_session; x_natero_session=1"), "");
        let many = "natero_session=1; ".repeat(100) + "__Host-natero_session=2";
        assert_eq!(read(&many), "2 1 1 1");
    }

    #[test]
    fn an_id_is_long_and_never_the_same_twice() {
        let (one, other) = (new_id().unwrap(), new_id().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
