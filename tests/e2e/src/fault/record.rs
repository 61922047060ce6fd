//! A request, as it arrived.

use std::io::Read;
use std::time::Instant;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};
use serde_json::Value;

/// One request that reached the server.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// Path and query, unchanged.
    pub target: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body's bytes, still compressed.
    pub wire: Bytes,
    /// When the whole body had been read.
    pub at: Instant,
}

impl Recorded {
    pub(super) fn new(head: &Parts, wire: Bytes) -> Self {
        Self {
            method: head.method.clone(),
            target: head
                .uri
                .path_and_query()
                .map_or_else(String::new, ToString::to_string),
            headers: head.headers.clone(),
            wire,
            at: Instant::now(),
        }
    }

    /// The value of a header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, decompressed.
    ///
    /// # Errors
    /// When it is not UTF-8, or not valid in its declared encoding.
    pub fn text(&self) -> Result<String> {
        let mut text = String::new();
        match self.header("content-encoding") {
            Some("gzip") => {
                GzDecoder::new(&self.wire[..])
                    .read_to_string(&mut text)
                    .context("gzip body")?;
            }
            _ => text.push_str(std::str::from_utf8(&self.wire).context("text body")?),
        }
        Ok(text)
    }

    /// The body's lines, each parsed.
    ///
    /// # Errors
    /// When a line is not JSON.
    pub fn lines(&self) -> Result<Vec<Value>> {
        self.text()?
            .lines()
            .map(|line| serde_json::from_str(line).with_context(|| format!("line {line:?}")))
            .collect()
    }
}
