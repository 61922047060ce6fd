//! Posts a message to the webhook receiver.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::model::webhook::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WebhookUrl};

/// Maximum time for a message, from the DNS lookup to the answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Why a message was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// No answer in time.
    #[error("no answer within 10 seconds")]
    Timeout,
    /// No connection.
    #[error("no connection to the host")]
    NoConnection,
    /// An invalid certificate, or another failure of TLS.
    #[error("no trusted connection: TLS failed")]
    Tls,
    /// A redirect. It is not followed, because it could send the message to somebody else.
    #[error("answered {0}, a redirect; set the address to which it leads")]
    Redirect(u16),
    /// A status other than 2xx.
    #[error("answered {0}")]
    Status(u16),
    /// Anything else.
    #[error("the connection broke off")]
    Broken,
}

/// Posts a message. It counts as delivered when the receiver answers with 2xx.
pub(super) async fn post(
    url: &WebhookUrl,
    id: &str,
    timestamp: i64,
    signature: String,
    body: String,
) -> Result<(), Failure> {
    let (url, id) = (url.as_str().to_owned(), id.to_owned());
    let (reply, answer) = oneshot::channel();
    // The request has its own thread, so that a receiver that hangs blocks none of the
    // threads that read or parse, and does not delay the end of the process.
    std::thread::Builder::new()
        .name("webhook".into())
        .spawn(move || {
            let _ = reply.send(call(TIME_LIMIT, &url, &id, timestamp, &signature, &body));
        })
        .map_err(|_| Failure::NoConnection)?;
    answer.await.unwrap_or(Err(Failure::Broken))
}

fn call(
    limit: Duration,
    url: &str,
    id: &str,
    timestamp: i64,
    signature: &str,
    body: &str,
) -> Result<(), Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("natero-collector/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let answer = agent
        .post(url)
        .header("content-type", "application/json")
        .header(ID_HEADER, id)
        .header(TIMESTAMP_HEADER, timestamp.to_string())
        .header(SIGNATURE_HEADER, signature)
        .send(body)
        .map_err(|cause| match cause {
            ureq::Error::Timeout(_) => Failure::Timeout,
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => Failure::NoConnection,
            ureq::Error::Io(cause) if cause.kind() == std::io::ErrorKind::ConnectionRefused => {
                Failure::NoConnection
            }
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Failure::Tls,
            _ => Failure::Broken,
        })?;
    match answer.status().as_u16() {
        200..=299 => Ok(()),
        status @ 300..=399 => Err(Failure::Redirect(status)),
        status => Err(Failure::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    /// Posts to a receiver that answers with `answer`, or hangs if it is `None`.
    fn posted_to(answer: Option<&'static str>) -> Result<(), Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            if let Some(answer) = answer {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                stream.write_all(answer.as_bytes()).unwrap();
            } else {
                // Waits until the sender gives up.
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        let limit = if answer.is_some() { TIME_LIMIT } else { SHORT };
        let outcome = call(limit, &url, "msg_1", 1, "v1,x", "{}");
        receiver.join().unwrap();
        outcome
    }

    #[test]
    fn only_a_status_of_success_is_an_arrival() {
        for (answer, outcome) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Ok(())),
            ("HTTP/1.1 204 No Content\r\n\r\n", Ok(())),
            (
                "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
                Err(Failure::Redirect(302)),
            ),
            (
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n",
                Err(Failure::Redirect(307)),
            ),
            (
                "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
                Err(Failure::Status(410)),
            ),
            (
                "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
                Err(Failure::Status(500)),
            ),
            ("nonsense\r\n\r\n", Err(Failure::Broken)),
        ] {
            assert_eq!(posted_to(Some(answer)), outcome, "{answer}");
        }
    }

    #[test]
    fn a_receiver_that_hangs_is_left_in_time() {
        assert_eq!(posted_to(None), Err(Failure::Timeout));
    }

    #[test]
    fn a_receiver_that_is_not_there_is_told_apart() {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let outcome = call(
            SHORT,
            &format!("http://127.0.0.1:{port}/"),
            "msg_1",
            1,
            "v1,x",
            "{}",
        );
        assert_eq!(outcome, Err(Failure::NoConnection));
    }

    #[test]
    fn a_host_without_tls_is_no_https() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let receiver = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        });
        let outcome = call(TIME_LIMIT, &url, "msg_1", 1, "v1,x", "{}");
        receiver.join().unwrap();
        assert!(
            matches!(outcome, Err(Failure::Tls | Failure::Broken)),
            "{outcome:?}"
        );
    }
}
