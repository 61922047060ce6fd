//! Adds an error body to the responses that hyper generates.
//!
//! hyper refuses a request that it cannot parse before it calls any service, with an empty
//! body, and no setting changes that. The stream in this module recognises such a response
//! and gives it the JSON body that all other refusals have.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// How long a refused client may go on sending. Closing a socket with unread
/// bytes resets it, and the client may then never see the response.
const LINGER: Duration = Duration::from_secs(2);

/// hyper closes the connection without a response when the first bytes it reads
/// are the whole preface of HTTP/2 (24 bytes). When it reads one byte less, it
/// takes them for a malformed request and answers.
const LESS_THAN_A_PREFACE: usize = 23;

/// A connection that adds an error body to hyper's own refusals.
#[derive(Debug)]
pub(super) struct ExplainedRefusals<S> {
    stream: S,
    /// Number of bytes that must still be read in pieces shorter than the preface.
    guarded: usize,
    /// The response that replaces hyper's refusal, which is the last one on a
    /// connection.
    answer: Vec<u8>,
    written: usize,
    linger: Option<Pin<Box<Sleep>>>,
}

impl<S> ExplainedRefusals<S> {
    pub(super) fn new(stream: S) -> Self {
        ExplainedRefusals {
            stream,
            guarded: LESS_THAN_A_PREFACE,
            answer: Vec::new(),
            written: 0,
            linger: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ExplainedRefusals<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.guarded == 0 {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let mut first = [0; LESS_THAN_A_PREFACE];
        let most = self.guarded.min(buf.remaining());
        let mut first = ReadBuf::new(&mut first[..most]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut first))?;
        self.guarded -= first.filled().len();
        buf.put_slice(first.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> ExplainedRefusals<S> {
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.answer.len() {
            let rest = &self.answer[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads until the client stops sending or the time limit is reached.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self
            .linger
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        let mut scratch = [0; 4096];
        while limit.as_mut().poll(cx).is_pending() {
            let mut scratch = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut scratch));
            if read.is_err() || scratch.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(())
    }
}

/// Does not offer vectored writes, so that each response arrives here in one piece.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ExplainedRefusals<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match bare_refusal(buf) {
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
            // Responses to earlier requests are written first.
            Some((at, _)) if at > 0 => Pin::new(&mut self.stream).poll_write(cx, &buf[..at]),
            Some((_, status)) => {
                self.answer = with_error_body(buf, status);
                Poll::Ready(Ok(buf.len()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answer(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answer(cx))?;
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        if !self.answer.is_empty() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

const NO_BODY: &[u8] = b"content-length: 0\r\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Finds hyper's own refusal in `buf`, and returns its offset and status. It is always the
/// last response on a connection. Responses of the router cannot be mistaken for it: with one
/// of these statuses they have a body, which never ends in an empty line.
fn bare_refusal(buf: &[u8]) -> Option<(usize, u16)> {
    if !buf.ends_with(END_OF_HEAD) {
        return None;
    }
    // The status line, the date and two more headers are shorter than this.
    let tail = buf.len().saturating_sub(256);
    let (at, status) = [400, 414, 431].into_iter().find_map(|status| {
        let begin = format!("HTTP/1.1 {status} ");
        let at = last(&buf[tail..], begin.as_bytes())?;
        Some((tail + at, status))
    })?;
    let head = &buf[at..];
    let is_one_head = last(&head[..head.len() - 1], END_OF_HEAD).is_none();
    (is_one_head && last(head, NO_BODY).is_some()).then_some((at, status))
}

fn last(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}

/// Adds a body to the head of a refusal.
fn with_error_body(head: &[u8], status: u16) -> Vec<u8> {
    let error = match status {
        431 => "the request line and headers are longer than 64 KiB or more than 100; send fewer",
        414 => "the address is longer than 64 KiB; send what it says in a body",
        _ => {
            "this cannot be read as HTTP/1.1; check the request line, the headers and Content-Length"
        }
    };
    let body = serde_json::json!({ "error": error }).to_string();
    let at = last(head, NO_BODY).unwrap_or_default();
    let length = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    [
        &head[..at],
        length.as_bytes(),
        &head[at + NO_BODY.len()..],
        body.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Response};
    use hyper::{server::conn::http1, service::service_fn};
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const BARE: &str =
        "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";

    #[test]
    fn a_bare_refusal_is_found_after_other_responses_and_gets_a_body() {
        let before = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(bare_refusal(BARE.as_bytes()), Some((0, 400)));
        let both = format!("{before}{BARE}");
        assert_eq!(bare_refusal(both.as_bytes()), Some((before.len(), 400)));

        let answer = String::from_utf8(with_error_body(BARE.as_bytes(), 400)).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}\r\ndate: now", body.len())));
        assert!(head.contains("content-type: application/json"));
        assert!(body.starts_with("{\"error\":\""));
    }

    #[tokio::test]
    async fn a_response_survives_being_written_in_pieces_of_any_size() {
        for piece in [1, 7, 100, 100_000] {
            let (client, server) = tokio::io::duplex(piece);
            let service = service_fn(async |_| Ok::<_, io::Error>(Response::new(Body::from("{}"))));
            let stream = TokioIo::new(ExplainedRefusals::new(server));
            let served = http1::Builder::new().serve_connection(stream, service);
            let (mut read, mut write) = tokio::io::split(client);
            let ask = async {
                let junk = "x".repeat(20_000);
                let asked =
                    format!("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\njunk\r\n\r\n{junk}");
                // The rest of the request cannot be written if the refusal comes first.
                let _ = write.write_all(asked.as_bytes()).await;
                let _ = write.shutdown().await;
            };
            let hear = async {
                let mut answers = String::new();
                read.read_to_string(&mut answers).await.unwrap();
                answers
            };
            let (_, (), answers) = tokio::join!(served, ask, hear);
            let parts: Vec<_> = answers.split("HTTP/1.1 ").skip(1).collect();
            assert_eq!(parts.len(), 3, "{answers}");
            assert!(parts[..2].iter().all(|part| part.starts_with("200 OK")));
            assert!(parts[1].ends_with("{}"), "{answers}");
            assert!(parts[2].starts_with("400 Bad Request"), "{answers}");
            assert!(parts[2].contains("\r\n\r\n{\"error\":"), "{answers}");
        }
    }

    #[test]
    fn responses_of_the_service_are_not_changed() {
        for answer in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 11\r\n\r\n{\"error\":1}".to_owned(),
            // The response to a HEAD request.
            BARE.replace("length: 0", "length: 80"),
            BARE.replace("400 Bad Request", "304 Not Modified"),
            "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
            format!("{BARE}HTTP/1.1 200 OK\r\n\r\n"),
        ] {
            assert_eq!(bare_refusal(answer.as_bytes()), None, "{answer}");
        }
    }
}
