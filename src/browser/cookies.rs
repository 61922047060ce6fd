//! The ids of session and visitor, which all pages of a host share. They are in two
//! cookies, or in web storage where cookies do not work, as on `file:`. If both are
//! blocked, as in sandboxed frames, the ids live as long as the page.

use std::cell::Cell;

use natero_engine::{
    Persistence, Seconds,
    stored_names::{SESSION_COOKIE as SESSION, VISITOR_COOKIE as VISITOR},
};
use natero_event::json::push_int;

use super::{
    address, clock, page,
    storage::{number, read_stored, remove_stored, store},
};
use crate::{
    ascii::{rsplit_once, split, split_once},
    settings::Settings,
};

/// The cookies of all trackers of a page with the same prefix.
#[derive(Debug)]
pub(crate) struct Cookies {
    prefix: &'static str,
    domain: Option<&'static str>,
    is_used: bool,
    /// The developer was warned that the browser refuses the domain.
    is_warned: Cell<bool>,
}

/// The values of the cookies; a missing one is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CookieValues {
    pub session: String,
    pub visitor: String,
}

impl Cookies {
    pub fn new(settings: &'static Settings) -> Cookies {
        Cookies {
            prefix: &settings.cookie_prefix,
            domain: settings.cookie_domain.as_deref(),
            is_used: settings.persistence == Persistence::Storage,
            is_warned: Cell::new(false),
        }
    }

    pub fn read(&self) -> CookieValues {
        if !self.is_used {
            return CookieValues::default();
        }
        let all = page::cookies();
        CookieValues {
            session: self.newest(&all, SESSION),
            visitor: self.newest(&all, VISITOR),
        }
    }

    /// Sets the session cookie. Returns a warning if the browser refuses its domain.
    pub fn set_session(&self, value: &str, max_age: Seconds) -> Option<String> {
        self.set(SESSION, value, max_age)
    }

    /// Sets the visitor cookie. Returns a warning if the browser refuses its domain.
    pub fn set_visitor(&self, value: &str, max_age: Seconds) -> Option<String> {
        self.set(VISITOR, value, max_age)
    }

    /// Removes both cookies, for every possible domain. One that stayed would be read
    /// again.
    pub fn erase(&self) {
        let host = address::page_host();
        for &name in &[SESSION, VISITOR] {
            remove_stored(&[self.prefix, name].concat());
            self.write(name, "", Seconds(0), None);
            self.write(name, "", Seconds(0), self.domain);
            let mut domain = Some(host.as_str()).filter(|host| !host.is_empty());
            while let Some(host) = domain {
                self.write(name, "", Seconds(0), Some(host));
                domain = split_once(host, b'.').map(|(_, rest)| rest);
            }
        }
    }

    /// The newest of several cookies with the same name, or what was stored in its place.
    fn newest(&self, all: &str, name: &str) -> String {
        match newest(all, self.prefix, name) {
            "" => self.stored_value(name).unwrap_or_default(),
            value => value.to_owned(),
        }
    }

    fn set(&self, name: &str, value: &str, max_age: Seconds) -> Option<String> {
        self.write(name, value, max_age, self.domain);
        let mut is_set = false;
        let all = page::cookies();
        for_each_value(&all, self.prefix, name, &mut |it| is_set |= it == value);
        if is_set {
            return None;
        }
        let mut item = [value, " "].concat();
        let until = clock::wall() + f64::from(max_age.0) * 1000.0;
        push_int(&mut item, until as i64);
        store(&[self.prefix, name].concat(), &item);
        let domain = self.domain?;
        (!self.is_warned.replace(true)).then(|| {
            [
                "the browser refuses cookies for cookieDomain ",
                domain,
                ": pages of other hosts see other visitors.",
            ]
            .concat()
        })
    }

    /// The value stored in place of a cookie, if it has not expired.
    fn stored_value(&self, name: &str) -> Option<String> {
        let item = read_stored(&[self.prefix, name].concat())?;
        let (value, until) = rsplit_once(&item, b' ')?;
        (number(until)? > clock::wall()).then(|| value.to_owned())
    }

    fn write(&self, name: &str, value: &str, max_age: Seconds, domain: Option<&str>) {
        let is_secure = address::full_address().starts_with("https:");
        page::set_cookie(&self.cookie_text(name, value, max_age, domain, is_secure));
    }

    fn cookie_text(
        &self,
        name: &str,
        value: &str,
        max_age: Seconds,
        domain: Option<&str>,
        is_secure: bool,
    ) -> String {
        let mut cookie = self.prefix.to_owned();
        for part in &[name, "=", value, ";path=/;samesite=lax;max-age="] {
            cookie.push_str(part);
        }
        push_int(&mut cookie, i64::from(max_age.0));
        if is_secure {
            cookie.push_str(";secure");
        }
        if let Some(domain) = domain {
            cookie.push_str(";domain=");
            cookie.push_str(domain);
        }
        cookie
    }
}

/// Visits the values of all cookies with this name.
fn for_each_value<'a>(all: &'a str, prefix: &str, name: &str, visit: &mut dyn FnMut(&'a str)) {
    for pair in split(all, b';') {
        let pair = pair.strip_prefix(' ').unwrap_or(pair);
        let rest = pair.strip_prefix(prefix);
        let rest = rest.and_then(|rest| rest.strip_prefix(name));
        if let Some(value) = rest.and_then(|rest| rest.strip_prefix('='))
            && !value.is_empty()
        {
            visit(value);
        }
    }
}

/// The newest value. A session cookie contains its time; of other cookies, browsers list
/// the newest last.
fn newest<'a>(all: &'a str, prefix: &str, name: &str) -> &'a str {
    let time = |value: &str| {
        let time = rsplit_once(value, b'.').and_then(|(_, time)| number(time));
        time.unwrap_or(0.0)
    };
    let mut newest = "";
    for_each_value(all, prefix, name, &mut |value| {
        if time(value) >= time(newest) {
            newest = value;
        }
    });
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let all = "xna_sid=1; na_sid=abc.17; na_sidx=2; na_vid=";
        assert_eq!(newest(all, "na_", SESSION), "abc.17");
        assert_eq!(newest(all, "na_", VISITOR), "");
        assert_eq!(newest(all, "nb_", SESSION), "");
        assert_eq!(newest("", "na_", SESSION), "");
    }

    #[test]
    fn of_several_cookies_the_newest_counts() {
        let all = "na_sid=a.17; na_sid=b.19; na_sid=c.18; na_vid=x; na_vid=y";
        assert_eq!(newest(all, "na_", SESSION), "b.19");
        assert_eq!(newest(all, "na_", VISITOR), "y");
    }

    #[test]
    fn a_cookie_is_written_with_its_attributes() {
        let cookies = Cookies::new(Box::leak(Box::default()));
        assert_eq!(
            cookies.cookie_text(SESSION, "abc.17", Seconds(1800), Some("example.com"), true),
            "na_sid=abc.17;path=/;samesite=lax;max-age=1800;secure;domain=example.com"
        );
        assert_eq!(
            cookies.cookie_text(VISITOR, "v", Seconds(0), None, false),
            "na_vid=v;path=/;samesite=lax;max-age=0"
        );
    }
}
