//! What a scripted server does with a request.

use crate::gate::{Gate, Hold};

/// One answer of a script.
#[derive(Clone, Debug)]
pub enum Answer {
    /// 200 with the counts of a collector that took every line.
    Accept,
    /// This status, with these headers and this body.
    Status {
        /// Three digits.
        code: u16,
        /// Beside those of CORS.
        headers: Vec<(String, String)>,
        /// Sent as it is.
        body: String,
    },
    /// These bytes in place of an HTTP answer, then the end of the connection.
    Raw(Vec<u8>),
    /// The connection is reset once the request was read.
    Reset,
    /// No answer, ever; the connection stays open.
    Silence,
    /// The answer of the collector behind.
    Forward,
    /// The collector behind takes the request, its answer is lost.
    ForwardThenReset,
    /// The collector behind takes the request, its answer never comes.
    ForwardThenSilence,
    /// Another answer, once the gate is open.
    Held(Gate, Box<Self>),
}

impl Answer {
    /// A status with the error body of a collector.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Self::Status {
            code,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: format!(r#"{{"error":"told to answer {code}"}}"#),
        }
    }

    /// 200 with a body that is not what a collector answers.
    #[must_use]
    pub fn garbage(body: &str) -> Self {
        Self::Status {
            code: 200,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    /// Adds a header to a [`Answer::Status`]; others have none to add to.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Status { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// This answer, given once the hold is released.
    #[must_use]
    pub fn held(self) -> (Hold, Self) {
        let (hold, gate) = Hold::new();
        (hold, Self::Held(gate, Box::new(self)))
    }
}
