//! Running a collector: figures, readiness, limits, a store that is full,
//! retention, export and backup.
#![allow(missing_docs)]

mod bodies;
mod deep;
mod figures;
mod file_handles;
mod keys;
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

/// Makes the keys of a source, and gives the method and address of its batches.
fn source(place: &Place) -> String {
    let keys = running::json_of(running::natero(
        place,
        &["keys", "create", "source", "--json"],
    ));
    let part = |name: &str| keys[name].as_str().unwrap().to_owned();
    format!("POST /v1/{}/{}", part("auth_key"), part("api_key"))
}
