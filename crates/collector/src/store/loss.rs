//! Numbered events of streams that never arrived.

use std::fmt;

use serde::Serialize;

use super::tree::Tree;

/// Number of streams that the report lists in detail.
pub(in crate::store) const WORST: usize = 20;

/// The events that were lost, in the streams that began in a span.
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
    /// Number of implausible streams, which miss more numbers than any page can lose. Their events
    /// are counted as received, and none as missing.
    pub implausible: i64,
    /// The implausible streams with the highest numbers.
    pub implausible_streams: Vec<ImplausibleStream>,
}

/// A stream whose numbers cannot all be genuine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImplausibleStream {
    /// Id of the stream.
    pub stream_id: String,
    /// Number of events that it made, according to their numbers.
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

/// The account and the user to which a stream belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamOwner {
    /// Id of the account that the first event names.
    pub account_id: String,
    /// Name of that account.
    pub account_name: Option<String>,
    /// Id of the user that the first event names.
    pub user_id: String,
    /// When the first event was made, in ms since the Unix epoch.
    pub first_at: i64,
}

/// A stream with its owner, if it is known.
pub type Owned<T> = (T, Option<StreamOwner>);

/// What the page for the loss report shows.
#[derive(Debug, Clone)]
pub struct LossPage {
    /// The tree.
    pub tree: Tree,
    /// The report.
    pub report: LossReport,
    /// The streams of the report with the most missing events.
    pub worst: Vec<Owned<LossyStream>>,
    /// The implausible streams of the report.
    pub implausible: Vec<Owned<ImplausibleStream>>,
}
