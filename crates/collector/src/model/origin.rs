//! Origins of pages, as an operator writes them.

use std::{fmt, net::Ipv4Addr, net::Ipv6Addr, str::FromStr};

/// An origin in the form that browsers send: scheme and host in lower case, without the
/// default port of the scheme and without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not an origin. The message says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// `*`, or a host that contains it.
    #[error("`*` stands for no origin; write every origin in full, as https://app.example.com")]
    Wildcard,
    /// `null`.
    #[error(
        "browsers send `null` for all pages without an origin, such as files; serve the pages from an address, and write it as https://app.example.com"
    )]
    Null,
    /// There is no scheme.
    #[error("it has no scheme; write it as https://app.example.com")]
    NoScheme,
    /// There is a path, a query, a fragment or a user.
    #[error("it has more than scheme, host and port; write it as https://app.example.com")]
    MoreThanOrigin,
    /// The host is invalid.
    #[error(
        "its host is none that browsers send; write it as https://app.example.com, with xn-- for letters outside of ASCII"
    )]
    Host,
    /// The port is invalid.
    #[error("its port is no number from 0 to 65535; write it as https://app.example.com:8443")]
    Port,
}

impl Origin {
    /// The origin in the form that browsers send.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let text = text.trim().to_ascii_lowercase();
        if text == "null" {
            return Err(OriginError::Null);
        }
        if text.contains('*') {
            return Err(OriginError::Wildcard);
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::NoScheme)?;
        let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_lowercase())
            && (scheme.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_scheme {
            return Err(OriginError::NoScheme);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '\\', '?', '#', '@']) {
            return Err(OriginError::MoreThanOrigin);
        }
        let (host, port) = split_port(rest)?;
        let host = settled_host(host).ok_or(OriginError::Host)?;
        let port = match (scheme, port) {
            (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        Ok(Origin(format!("{scheme}://{host}{port}")))
    }
}

/// Splits a host from the port after it.
fn split_port(rest: &str) -> Result<(&str, Option<u16>), OriginError> {
    let is_without = rest.ends_with(']') || !rest.contains(':');
    if is_without {
        return Ok((rest, None));
    }
    let (host, port) = rest.rsplit_once(':').ok_or(OriginError::Port)?;
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if is_number => Ok((host, Some(port))),
        _ => Err(OriginError::Port),
    }
}

/// The host in the form that browsers use.
fn settled_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        // Browsers write no part of an IPv6 address in dotted decimals.
        return Some(match address.to_ipv4_mapped() {
            Some(_) => {
                let parts = address.segments();
                format!("[::ffff:{:x}:{:x}]", parts[6], parts[7])
            }
            None => format!("[{address}]"),
        });
    }
    let is_name = (host.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let labels = host.strip_suffix('.').unwrap_or(host);
    let last = labels.rsplit('.').next().unwrap_or_default();
    // Browsers treat a host whose last part is a number as an IPv4 address, however it is
    // written.
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    let is_host = is_name
        && labels.split('.').all(|label| !label.is_empty())
        && (!is_number || host.parse::<Ipv4Addr>().is_ok());
    is_host.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_browsers_send_it() {
        for (written, sent) in [
            ("https://app.example.com", "https://app.example.com"),
            (" https://App.Example.com/ ", "https://app.example.com"),
            ("HTTPS://App.example.com:443", "https://app.example.com"),
            ("http://localhost:80/", "http://localhost"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://app.example.com:80", "https://app.example.com:80"),
            ("https://app.example.com:0443", "https://app.example.com"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
            ("http://[::FFFF:1.2.3.4]", "http://[::ffff:102:304]"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ] {
            let origin: Result<Origin, _> = written.parse();
            assert_eq!(origin.map(|origin| origin.0).as_deref(), Ok(sent));
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused_with_what_to_write() {
        for (written, cause) in [
            ("", OriginError::NoScheme),
            ("app.example.com", OriginError::NoScheme),
            ("app.example.com:8080", OriginError::NoScheme),
            ("//app.example.com", OriginError::NoScheme),
            ("1://a", OriginError::NoScheme),
            ("*", OriginError::Wildcard),
            ("https://*.example.com", OriginError::Wildcard),
            ("null", OriginError::Null),
            ("https://app.example.com/x", OriginError::MoreThanOrigin),
            ("https://app.example.com//", OriginError::MoreThanOrigin),
            ("https://app.example.com?x", OriginError::MoreThanOrigin),
            ("https://app.example.com#x", OriginError::MoreThanOrigin),
            ("https://me@app.example.com", OriginError::MoreThanOrigin),
            ("https://a b", OriginError::Host),
            ("https://", OriginError::Host),
            ("https://a..b", OriginError::Host),
            ("https://bücher.example", OriginError::Host),
            ("https://127.1", OriginError::Host),
            ("https://a,b", OriginError::Host),
            ("http://[::1", OriginError::Host),
            ("https://a:", OriginError::Port),
            ("https://a:+1", OriginError::Port),
            ("https://a:70000", OriginError::Port),
            ("https://a:b", OriginError::Port),
        ] {
            let origin: Result<Origin, _> = written.parse();
            assert_eq!(origin, Err(cause), "{written}");
            assert!(cause.to_string().contains("https://app.example.com"));
        }
    }
}
