//! The webhook of alerts: its address, its secret, and how a message is signed.
//!
//! The format is that of Standard Webhooks, so that receivers can verify messages with an
//! existing library.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Header with the id of a message. It stays the same when the message is sent again.
pub const ID_HEADER: &str = "webhook-id";
/// Header with the time of sending, in seconds since the Unix epoch.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header with the signature.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// Maximum length of an address.
const MAX_ADDRESS: usize = 2000;

/// The address of a webhook receiver. The part after the host may be a secret, so it is not
/// printed.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    whole: String,
    origin: String,
}

/// Why a text is not a valid address of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It has another form.
    #[error(
        "`url` must be an address of at most 2000 characters that begins with https:// or http:// and a host, without a user or a fragment, such as https://hooks.example.com/natero"
    )]
    Form,
    /// There is no such port.
    #[error("the port of `url` must be a number from 1 to 65535, or absent for the usual one")]
    Port,
}

impl WebhookUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// When the address is not one that can be called.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let url = Self::parse_stored(text)?;
        let (_, authority) = url.origin.split_once("://").ok_or(InvalidUrl::Form)?;
        match host_and_port(authority).1 {
            Some(port) if !is_port(port) => Err(InvalidUrl::Port),
            _ => Ok(url),
        }
    }

    /// Reads an address that is stored already. Earlier versions did not check the port.
    ///
    /// # Errors
    /// When the address has not the form of one.
    pub fn parse_stored(text: &str) -> Result<Self, InvalidUrl> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUrl::Form)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let is_plain = text.len() <= MAX_ADDRESS
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !text.contains(['#', '"', '<', '>', '\\', '^', '`', '{', '|', '}']);
        if !matches!(scheme, "http" | "https")
            || !is_plain
            || host_and_port(authority).0.is_empty()
            || authority.contains('@')
        {
            return Err(InvalidUrl::Form);
        }
        Ok(WebhookUrl {
            origin: format!("{scheme}://{authority}"),
            whole: text.to_owned(),
        })
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// The scheme and the host.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// The host of an address, and its port, which may be any text.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    // An IPv6 address is in brackets and has colons of its own.
    let after_address = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_address..].find(':') {
        Some(at) => {
            let (host, port) = authority.split_at(after_address + at);
            (host, Some(&port[1..]))
        }
        None => (authority, None),
    }
}

fn is_port(text: &str) -> bool {
    let has_only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    has_only_digits && text.parse::<u16>().is_ok_and(|port| port > 0)
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/…", self.origin)
    }
}

/// The secret with which messages are signed.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// Number of bytes of a secret, the same as in a SHA-256 hash.
const SECRET_BYTES: usize = 32;

impl WebhookSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// When the operating system supplies no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = vec![0; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(WebhookSecret(bytes))
    }

    /// The secret with these bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        WebhookSecret(bytes)
    }

    /// Its bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as text, which is shown to the owner of the receiver only once.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// Signs a message: HMAC-SHA256 of `id.timestamp.body` in Base64, preceded by the version
    /// of the scheme.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// Makes the id of a message.
///
/// # Errors
/// When the operating system supplies no random numbers.
pub fn new_message_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    Ok(format!("msg_{}", digits.collect::<String>()))
}

/// Number of attempts before a message is given up, which takes three days.
pub const MAX_ATTEMPTS: u32 = 16;

/// The pause after the first failure.
const FIRST_PAUSE_MS: i64 = 10_000;

/// The longest pause: a receiver that is back after a night is reached within hours.
const LONGEST_PAUSE_MS: i64 = 8 * 3_600_000;

/// A message that is due later than this many ms from now was sent in vain while the clock was
/// ahead. It is due at once. The clocks of several collectors may differ by less.
pub const LATEST_MS: i64 = 2 * LONGEST_PAUSE_MS;

/// The pause before the next attempt; `None` after the last one. `failed` is the number of
/// failed attempts.
pub fn pause_after(failed: u32) -> Option<i64> {
    if failed >= MAX_ATTEMPTS {
        return None;
    }
    let factor = 3_i64.saturating_pow(failed.saturating_sub(1));
    Some(FIRST_PAUSE_MS.saturating_mul(factor).min(LONGEST_PAUSE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example from the documentation of Standard Webhooks.
    #[test]
    fn a_message_is_signed_as_standard_webhooks_says() {
        let secret =
            WebhookSecret::from_bytes(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        assert_eq!(
            secret.sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(secret.reveal(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn neither_the_secret_nor_the_path_of_the_address_is_printed() {
        let secret = WebhookSecret::generate().unwrap();
        assert!(!format!("{secret:?}").contains(&secret.reveal()[6..]));
        let url = WebhookUrl::parse("https://hooks.example.com/T0/secret?token=1").unwrap();
        assert_eq!(format!("{url:?}"), "https://hooks.example.com/…");
        assert_ne!(WebhookSecret::generate().unwrap(), secret);
    }

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for good in [
            "https://a.example",
            "http://127.0.0.1:9/x?y=1",
            " https://[::1]:80/ ",
            "http://[::1]/",
            "http://a.example:65535?x=:99999",
        ] {
            assert!(WebhookUrl::parse(good).is_ok(), "{good}");
        }
        let long = format!("https://a.example/{}", "x".repeat(2000));
        for bad in [
            "",
            "a.example",
            "ftp://a.example",
            "https://",
            "https:///x",
            "https://:80/",
            "https://u:p@a.example/",
            "file:///etc/passwd",
            "https://a.example/#x",
            "https://a.example/ x",
            "https://a.exa\nmple/",
            &long,
        ] {
            assert_eq!(WebhookUrl::parse(bad), Err(InvalidUrl::Form), "{bad}");
        }
        for port in [
            "0",
            "65536",
            "99999",
            "99999999999",
            "",
            "x",
            "+80",
            "80:90",
        ] {
            for host in ["a.example", "[::1]"] {
                let bad = format!("https://{host}:{port}/x");
                assert_eq!(WebhookUrl::parse(&bad), Err(InvalidUrl::Port), "{bad}");
                assert!(WebhookUrl::parse_stored(&bad).is_ok(), "{bad}");
            }
        }
    }

    #[test]
    fn pauses_grow_and_end_after_three_days() {
        let pauses: Vec<i64> = (1..).map_while(pause_after).collect();
        assert_eq!(pauses[..3], [10_000, 30_000, 90_000]);
        assert!(pauses.is_sorted());
        let days = pauses.iter().sum::<i64>() as f64 / 86_400_000.0;
        assert!((2.5..3.5).contains(&days), "{days}");
    }
}
