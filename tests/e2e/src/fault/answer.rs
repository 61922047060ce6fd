//! How a scripted server responds to a request.

use crate::gate::{Gate, Hold};

/// One answer of a script.
#[derive(Clone, Debug)]
pub enum Answer {
    /// 200, with the counts of a collector that accepted every line.
    Accept,
    /// This status, with these headers and this body.
    Status {
        /// The status code, with three digits.
        code: u16,
        /// Headers in addition to those of CORS.
        headers: Vec<(String, String)>,
        /// Sent unchanged.
        body: String,
    },
    /// These bytes instead of an HTTP answer, then the connection is closed.
    Raw(Vec<u8>),
    /// The connection is reset after the request was read.
    Reset,
    /// No answer; the connection stays open.
    Silence,
    /// Forwards the request to the collector, and returns its answer.
    Forward,
    /// Forwards the request to the collector, and resets the connection instead of answering.
    ForwardThenReset,
    /// Forwards the request to the collector, and never answers.
    ForwardThenSilence,
    /// Another answer, which is delayed until the gate is open.
    Held(Gate, Box<Self>),
}

impl Answer {
    /// A status with an error body as the collector sends it.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Self::Status {
            code,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: format!(r#"{{"error":"told to answer {code}"}}"#),
        }
    }

    /// 200 with a body that a collector would not send.
    #[must_use]
    pub fn garbage(body: &str) -> Self {
        Self::Status {
            code: 200,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    /// Adds a header to an [`Answer::Status`]. Has no effect on others.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Status { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// This answer, delayed until the hold is released.
    #[must_use]
    pub fn held(self) -> (Hold, Self) {
        let (hold, gate) = Hold::new();
        (hold, Self::Held(gate, Box::new(self)))
    }
}
