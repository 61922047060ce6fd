//! Running a collector: figures, readiness, limits, a store that is full,
//! retention, export and backup.
#![allow(missing_docs)]

mod copies;
mod figures;
mod keys;
mod overload;
#[path = "../support/mod.rs"]
mod support;

use axum::{body::Body, http::Request};
use support::*;

async fn open(collector: &Collector, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    collector.ask(request).await
}
