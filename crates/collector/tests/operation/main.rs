//! Running a collector: metrics, readiness, limits, a full store, retention, export and
//! backup.
#![allow(missing_docs)]

mod bodies;
mod deep;
mod figures;
mod file_handles;
mod keys;
mod output;
mod overload;
mod readiness;
mod reports;
mod retention;
#[path = "../support/mod.rs"]
mod support;

use axum::{body::Body, http::Request};
use support::*;

async fn open(collector: &Collector, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    collector.ask(request).await
}

/// Creates the keys of a source, and returns the method and path for its batches.
fn source(place: &Place) -> String {
    let keys = running::json_of(running::natero(
        place,
        &["keys", "create", "source", "--json"],
    ));
    let part = |name: &str| keys[name].as_str().unwrap().to_owned();
    format!("POST /v1/{}/{}", part("auth_key"), part("api_key"))
}
