//! Metrics for Prometheus. No label holds an id, a key or any other value that a client
//! chooses, so that the number of series is bounded.

use std::{fmt::Write, sync::atomic::AtomicI64, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

/// The outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Accepted,
    SetAside,
    Duplicate,
    Rejected,
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(match self {
            Outcome::Accepted => "accepted",
            Outcome::SetAside => "set_aside",
            Outcome::Duplicate => "duplicate",
            Outcome::Rejected => "rejected",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NodeLabels {
    node: String,
}

/// All metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    events: Family<EventLabels, Counter>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    commit_seconds: Histogram,
    group_size: Histogram,
    failed_commits: Counter,
    /// Number of requests that wait for the writer.
    pub waiting: Gauge<i64, AtomicI64>,
    /// Size of the database in bytes, without its write-ahead log.
    pub database_bytes: Gauge<i64, AtomicI64>,
    /// Number of events that ClickHouse does not have yet.
    pub unshipped_events: Gauge<i64, AtomicI64>,
    /// Age of the oldest such event, in seconds.
    pub unshipped_age: Gauge<i64, AtomicI64>,
    lacking_blocks: Family<NodeLabels, Gauge<i64, AtomicI64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Metrics {
            registry: Registry::default(),
            events: Family::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 16)),
            commit_seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 14)),
            group_size: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            failed_commits: Counter::default(),
            waiting: Gauge::default(),
            database_bytes: Gauge::default(),
            unshipped_events: Gauge::default(),
            unshipped_age: Gauge::default(),
            lacking_blocks: Family::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    /// Sets how many blocks of events a ClickHouse node does not have yet.
    pub fn set_lacking_blocks(&self, node: String, blocks: i64) {
        self.lacking_blocks
            .get_or_create(&NodeLabels { node })
            .set(blocks);
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let mut registry = Registry::with_prefix("natero");
        registry.register(
            "events",
            "Events by what became of them",
            self.events.clone(),
        );
        registry.register("requests", "Requests by route", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from a request to its answer",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register_with_unit(
            "commit_duration",
            "Time of a commit, the flush to disk included",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register(
            "commit_requests",
            "Requests that shared a commit",
            self.group_size.clone(),
        );
        registry.register(
            "failed_commits",
            "Commits that failed; nothing of them was answered as accepted",
            self.failed_commits.clone(),
        );
        registry.register(
            "writer_waiting",
            "Requests that wait for the writer",
            self.waiting.clone(),
        );
        registry.register_with_unit(
            "database_size",
            "Size of the database without its log",
            Unit::Bytes,
            self.database_bytes.clone(),
        );
        {
            registry.register(
                "unshipped_events",
                "Events that PostgreSQL has and ClickHouse has not yet; they count even so",
                self.unshipped_events.clone(),
            );
            registry.register_with_unit(
                "unshipped_age",
                "Age of the oldest of them",
                Unit::Seconds,
                self.unshipped_age.clone(),
            );
            registry.register(
                "node_lacking_blocks",
                "Blocks of events that a node of ClickHouse lacks",
                self.lacking_blocks.clone(),
            );
        }
        self.registry = registry;
        self
    }

    /// Counts events.
    pub fn count_events(&self, outcome: Outcome, count: u64) {
        self.events
            .get_or_create(&EventLabels { outcome })
            .inc_by(count);
    }

    /// Counts a response. `route` is the pattern of the route and never the address, which
    /// contains keys.
    pub fn count_request(&self, route: &str, method: &str, status: u16, took: Duration) {
        self.requests
            .get_or_create(&RequestLabels {
                route: route.to_owned(),
                method: method.to_owned(),
                status,
            })
            .inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Counts a commit that several requests share.
    pub fn count_commit(&self, requests: usize, took: Duration, is_done: bool) {
        self.group_size.observe(requests as f64);
        self.commit_seconds.observe(took.as_secs_f64());
        if !is_done {
            self.failed_commits.inc();
        }
    }

    /// Writes all metrics in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
