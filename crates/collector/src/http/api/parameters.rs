//! Checks the parameters in the addresses of calls that write.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};
use serde_json::Value;

use super::openapi;
use crate::http::{error::ApiError, extract::parse_query};

/// The credential, which every path accepts.
const KEY: &str = "api_key";

/// The parameter names of each operation, by its path and its method in lower case.
type Known = HashMap<(String, String), Vec<String>>;

/// The operations in the OpenAPI document.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap_or_default();
    let mut known = Known::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let names = operation["parameters"].as_array().into_iter().flatten();
            let names = names.filter(|parameter| parameter["in"] == "query");
            let names = names.filter_map(|parameter| parameter["name"].as_str());
            let names = names.map(str::to_owned).collect();
            known.insert((path.clone(), method.clone()), names);
        }
    }
    known
});

/// Refuses a call that writes if its address has a parameter that the operation does not
/// know. For example, a client that misspells `dry_run` does not want to write anything.
///
/// # Errors
/// 400 for such a parameter.
pub async fn refuse_unknown(request: Request, next: Next) -> Result<Response, ApiError> {
    if let Some(path) = request.extensions().get::<MatchedPath>()
        && ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method())
    {
        let method = request.method().as_str().to_ascii_lowercase();
        let known = KNOWN.get(&(path.as_str().to_owned(), method));
        let known = known.map_or(&[] as &[String], Vec::as_slice);
        let given: Vec<(String, String)> =
            parse_query(request.uri()).map_err(ApiError::BadRequest)?;
        let is_unknown = |name: &String| name != KEY && !known.contains(name);
        if let Some((unknown, _)) = given.iter().find(|(name, _)| is_unknown(name)) {
            return Err(ApiError::BadRequest(refusal(unknown, known)));
        }
    }
    Ok(next.run(request).await)
}

fn refusal(unknown: &str, known: &[String]) -> String {
    let takes = if known.is_empty() {
        "takes none but api_key".to_owned()
    } else {
        format!("takes {} and api_key", known.join(", "))
    };
    format!("this call has no parameter {unknown:?}, and was not carried out; it {takes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_says_which_parameters_a_call_takes() {
        let known = |path: &str, method: &str| {
            let names = KNOWN.get(&(path.to_owned(), method.to_owned()));
            names.unwrap().join(" ")
        };
        assert_eq!(known("/api/v2/accounts", "post"), "dry_run");
        assert_eq!(known("/api/v2/accounts/{id}", "delete"), "erase");
        assert_eq!(known("/api/v2/accounts/{id}", "put"), "");
        assert_eq!(known("/api/v2/sources/{id}/events", "delete"), "from to");
    }

    #[test]
    fn a_refusal_says_what_the_call_takes() {
        let takes = |known: &[&str]| {
            let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
            refusal("dryrun", &known)
        };
        assert!(takes(&["dry_run"]).ends_with("it takes dry_run and api_key"));
        assert!(takes(&[]).ends_with("it takes none but api_key"));
    }
}
