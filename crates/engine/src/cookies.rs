//! Reading and writing `document.cookie` text.

use crate::{Config, report::text};
use natero_event::json::push_int;

/// One year, in seconds.
pub(crate) const YEAR_S: i64 = 365 * 24 * 60 * 60;

/// The value of one of our cookies.
pub(crate) fn read<'a>(cookies: &'a str, prefix: &str, name: &str) -> Option<&'a str> {
    cookies.split(';').find_map(|pair| {
        pair.trim_start()
            .strip_prefix(prefix)?
            .strip_prefix(name)?
            .strip_prefix('=')
    })
}

/// The assignment that sets one of our cookies, or deletes it where
/// `max_age_s` is 0.
pub(crate) fn write(
    config: &Config,
    secure: bool,
    name: &str,
    value: &str,
    max_age_s: i64,
) -> String {
    let mut out = text(&[
        &config.cookie_prefix,
        name,
        "=",
        value,
        ";path=/;samesite=lax;max-age=",
    ]);
    push_int(&mut out, max_age_s);
    if secure {
        out.push_str(";secure");
    }
    if let Some(domain) = &config.cookie_domain {
        out.push_str(";domain=");
        out.push_str(domain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cookie_of_exactly_our_name_is_read() {
        let all = "xna_sid=no; na_sid2=no; na_sid=yes; na_vid=v";
        assert_eq!(read(all, "na_", "sid"), Some("yes"));
        assert_eq!(read(all, "na_", "vid"), Some("v"));
        assert_eq!(read(all, "nb_", "vid"), None);
        assert_eq!(read("", "na_", "sid"), None);
    }

    #[test]
    fn cookies_are_lax_host_only_and_secure_on_https() {
        let mut config = Config::default();
        assert_eq!(
            write(&config, true, "sid", "x", 1800),
            "na_sid=x;path=/;samesite=lax;max-age=1800;secure"
        );
        config.cookie_domain = Some("example.com".into());
        assert_eq!(
            write(&config, false, "vid", "y", 5),
            "na_vid=y;path=/;samesite=lax;max-age=5;domain=example.com"
        );
    }
}
