//! The session cookie of a signed-in person.

use axum::http::{HeaderMap, header};

/// Names of the cookie. The second is used over HTTPS: browsers accept it only there, and
/// only from the same host.
const COOKIES: [&str; 2] = ["natero_session", "__Host-natero_session"];

/// Makes the id of a new session.
///
/// # Errors
/// When the operating system supplies no random numbers.
pub(crate) fn new_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads the session id from the cookie of a request.
pub(crate) fn presented(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| COOKIES.contains(&name).then_some(value))
}

/// The cookie that stores a session id in the browser. The browser sends it when a link on
/// another site is followed, such as one in a chat, but not with forms or scripts of another
/// site.
pub(crate) fn cookie(id: &str, is_https: bool) -> String {
    let name = COOKIES[usize::from(is_https)];
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={id}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

/// The cookies that remove a session id from the browser.
pub(crate) fn removal_cookies() -> [String; 2] {
    let end = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
    [
        format!("{}={end}", COOKIES[0]),
        format!("{}={end}; Secure", COOKIES[1]),
    ]
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
    fn an_id_is_long_and_never_the_same_twice() {
        let (one, other) = (new_id().unwrap(), new_id().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
