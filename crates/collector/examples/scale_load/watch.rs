//! Measures how far ClickHouse lags behind PostgreSQL.

use std::time::{Duration, Instant};

use crate::http::ask;

/// Time between two checks.
const PAUSE: Duration = Duration::from_millis(500);

/// How many checks in a row must find no lag until the load counts as shipped: a collector
/// updates this metric only every 2 s.
const CALM: u32 = 6;

/// How far ClickHouse lagged behind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watch {
    /// The largest age of an event that ClickHouse did not have yet, in s.
    pub most_age: f64,
    /// The largest number of events that ClickHouse did not have yet.
    pub most_events: i64,
    /// How long after the load ClickHouse had all events, in s.
    pub caught_up: f64,
}

impl Watch {
    /// Watches during a load of the duration `load`, and until all of its events are shipped.
    pub async fn until_shipped(addresses: Vec<String>, load: Duration) -> Self {
        let mut watch = Watch::default();
        let (start, mut calm) = (Instant::now(), 0);
        while calm < CALM {
            tokio::time::sleep(PAUSE).await;
            let address = addresses[0].clone();
            let metrics = tokio::task::spawn_blocking(move || ask(&address, "GET", "/metrics", ""));
            let metrics = metrics.await.expect("answered");
            let events = value(&metrics, "natero_unshipped_events") as i64;
            let age = metrics
                .lines()
                .find(|line| line.starts_with("natero_unshipped_age"))
                .and_then(|line| line.rsplit(' ').next()?.parse().ok())
                .unwrap_or(0.0);
            watch.most_events = watch.most_events.max(events);
            watch.most_age = watch.most_age.max(age);
            if events > 0 || start.elapsed() < load {
                calm = 0;
                watch.caught_up = start.elapsed().saturating_sub(load).as_secs_f64();
            } else {
                calm += 1;
            }
        }
        watch
    }
}

fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok())
        .unwrap_or(0.0)
}
