//! Compares the OpenAPI document with the routes.
#![allow(missing_docs)]

mod generate;
mod random;
mod schema;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use natero_collector::{http::api::openapi, router};
use serde_json::Value;
use support::*;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

fn document() -> Value {
    serde_json::from_str(openapi::DOCUMENT).unwrap()
}

#[test]
fn it_names_every_address_and_no_other() {
    let document = document();
    let told: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let there: BTreeSet<_> = router::routes()
        .into_iter()
        .map(|(path, ..)| path.to_owned())
        .collect();
    assert_eq!(told, there);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn it_names_every_method_and_no_other() {
    let collector = Collector::new();
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for method in METHODS {
            let is_told = methods.get(method).is_some();
            let filled = path
                .replace("{id}", "acme")
                .replace("{auth_key}", &collector.source.auth_key)
                .replace("{api_key}", &collector.source.api_key);
            let answer = collector.call(&method.to_uppercase(), &filled, None).await;
            assert_eq!(answer.status != 405, is_told, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_it_says_needs_a_key_does_and_nothing_else() {
    let collector = Collector::new();
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let is_open = operation["security"] == serde_json::json!([]);
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(path.replace("{id}", "acme").replace(['{', '}'], "x"))
                .body(Body::empty())
                .unwrap();
            let answer = collector.ask(request).await;
            let is_refused = answer.status == 401;
            assert_eq!(
                is_refused,
                !is_open || path.starts_with("/v1"),
                "{method} {path}"
            );
            if is_refused {
                answer.error();
            }
        }
    }
}

#[tokio::test]
async fn it_is_served_as_it_is_and_its_references_lead_somewhere() {
    let collector = Collector::new();
    let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
    assert_eq!(collector.ask(request).await.json(), document());
    let document = document();
    for part in openapi::DOCUMENT.split("\"$ref\": \"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
