//! What of the numbered events of streams never arrived.

use std::fmt;

use serde::Serialize;

use super::tree::Tree;

/// Number of streams that the report lists.
pub(in crate::store) const WORST: usize = 20;

/// The events that were lost, of the streams that began in a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossReport {
    /// Number of streams that began in the span.
    pub streams: i64,
    /// Number of events that they made, according to their `seq`.
    pub made: i64,
    /// Number of events that arrived, each counted once.
    pub received: i64,
    /// Number of events that were made and have not arrived.
    pub missing: i64,
    /// Number of events that arrived and were rejected, each counted once.
    pub rejected: i64,
    /// Number of arrivals after the first of an event.
    pub duplicates: i64,
    /// The streams with the most missing events.
    pub worst: Vec<LossyStream>,
    /// Number of streams of which more numbers are missing than any page can lose. What
    /// they sent is received; nothing of them is missing.
    pub implausible: i64,
    /// Those of them with the highest numbers.
    pub implausible_streams: Vec<ImplausibleStream>,
}

/// A stream whose numbers cannot all be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImplausibleStream {
    /// Id of the stream.
    pub stream_id: String,
    /// Number of events that it made, according to its numbers.
    pub numbered: i64,
    /// Number of events that arrived, each counted once.
    pub received: i64,
}

/// A stream with missing events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LossyStream {
    /// Id of the stream.
    pub stream_id: String,
    /// Number of events that it made.
    pub made: i64,
    /// Number of events that have not arrived.
    pub missing: i64,
}

impl fmt::Display for LossReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "streams     {:>12}", self.streams)?;
        writeln!(f, "made        {:>12}", self.made)?;
        writeln!(f, "received    {:>12}", self.received)?;
        writeln!(f, "missing     {:>12}", self.missing)?;
        writeln!(f, "rejected    {:>12}", self.rejected)?;
        write!(f, "duplicates  {:>12}", self.duplicates)?;
        for stream in &self.worst {
            write!(
                f,
                "\n{} misses {} of {}",
                stream.stream_id, stream.missing, stream.made
            )?;
        }
        if self.implausible > 0 {
            write!(f, "\nimplausible {:>12}", self.implausible)?;
        }
        for stream in &self.implausible_streams {
            write!(
                f,
                "\n{} numbers {} events and sent {}",
                stream.stream_id, stream.numbered, stream.received
            )?;
        }
        Ok(())
    }
}

/// The account and the user of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamOwner {
    /// Id of the account that the first event names.
    pub account_id: String,
    /// Name of that account.
    pub account_name: Option<String>,
    /// Id of the user that it names.
    pub user_id: String,
    /// When it was made, in ms since the Unix epoch.
    pub first_at: i64,
}

/// A stream with whose it is.
pub type Owned<T> = (T, Option<StreamOwner>);

/// What the page for the loss report shows.
#[derive(Debug, Clone)]
pub struct LossPage {
    /// The tree.
    pub tree: Tree,
    /// The report.
    pub report: LossReport,
    /// The streams of the report that miss most.
    pub worst: Vec<Owned<LossyStream>>,
    /// The implausible streams of the report.
    pub implausible: Vec<Owned<ImplausibleStream>>,
}
