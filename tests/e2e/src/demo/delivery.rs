//! Compares the events that the page accepted with those that the collector stores.

use std::fmt;

use anyhow::Result;

use super::held::Held;
use crate::rows::Mark;

/// The fate of the events that a page accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Number of events that the page accepted, according to its own counter.
    pub accepted: i64,
    /// Number of distinct events that the collector stores.
    pub received: i64,
    /// Number of further rows: events that it stores more than once.
    pub duplicates: i64,
}

impl Delivery {
    /// Counts what the collector has stored since a mark.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn measure(accepted: i64, held: &dyn Held, since: Mark) -> Result<Self> {
        let (rows, received) = held.arrived(since)?;
        Ok(Self {
            accepted,
            received,
            duplicates: rows - received,
        })
    }

    /// Number of accepted events that the collector does not store.
    #[must_use]
    pub fn missing(&self) -> i64 {
        (self.accepted - self.received).max(0)
    }

    /// Whether each accepted event is stored once, and no others are.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.received == self.accepted && self.duplicates == 0 && self.accepted > 0
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "delivered {} of {} events, {} missing, {} duplicates",
            self.received,
            self.accepted,
            self.missing(),
            self.duplicates
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn database(events: &[(&str, i64)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let connection = Connection::open(file.path()).unwrap();
        connection
            .execute(
                "CREATE TABLE events (id INTEGER PRIMARY KEY, stream_id TEXT, seq INTEGER)",
                [],
            )
            .unwrap();
        for event in events {
            connection
                .execute(
                    "INSERT INTO events (stream_id, seq) VALUES (?1, ?2)",
                    *event,
                )
                .unwrap();
        }
        file
    }

    #[test]
    fn each_event_once_is_exact() {
        let file = database(&[("a", 0), ("a", 1), ("b", 0)]);
        let delivery = Delivery::measure(3, &file.path().to_owned(), Mark::default()).unwrap();
        assert!(delivery.is_exact());
        assert_eq!(
            delivery.to_string(),
            "delivered 3 of 3 events, 0 missing, 0 duplicates"
        );
    }

    #[test]
    fn a_missing_and_a_doubled_event_are_told_apart() {
        let file = database(&[("a", 0), ("a", 0), ("a", 2)]);
        let delivery = Delivery::measure(3, &file.path().to_owned(), Mark::default()).unwrap();
        assert!(!delivery.is_exact());
        assert_eq!(
            delivery.to_string(),
            "delivered 2 of 3 events, 1 missing, 1 duplicates"
        );
    }

    #[test]
    fn what_was_there_before_the_visit_does_not_count() {
        let file = database(&[("a", 0), ("a", 1)]);
        let mark = Mark::now(file.path()).unwrap();
        Connection::open(file.path())
            .unwrap()
            .execute("INSERT INTO events (stream_id, seq) VALUES ('b', 0)", [])
            .unwrap();
        let delivery = Delivery::measure(1, &file.path().to_owned(), mark).unwrap();
        assert!(delivery.is_exact(), "{delivery}");
    }

    #[test]
    fn a_visit_without_events_proves_nothing() {
        let file = database(&[]);
        assert!(
            !Delivery::measure(0, &file.path().to_owned(), Mark::default())
                .unwrap()
                .is_exact()
        );
    }
}
