//! Checks the parameters in the addresses of calls.

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
            let names = names.map(|parameter| resolved(&document, parameter));
            let names = names.filter(|parameter| parameter["in"] == "query");
            let names = names.filter_map(|parameter| parameter["name"].as_str());
            let names = names.map(str::to_owned).collect();
            known.insert((path.clone(), method.clone()), names);
        }
    }
    known
});

/// A parameter, which the document may have written elsewhere.
fn resolved<'a>(document: &'a Value, parameter: &'a Value) -> &'a Value {
    let reference = parameter["$ref"].as_str();
    let place = reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    place.unwrap_or(parameter)
}

/// The prefix of the parameters that filter a list by a dimension, and what the document calls
/// such a parameter.
const DIMENSION: (&str, &str) = ("d.", "d.NAME");

/// Refuses a call if its address has a parameter that the operation does not know. For example,
/// a client that misspells `dry_run` does not want to write anything, and one that misspells
/// `module` or `from` would take the figures of everything for those of a part.
///
/// # Errors
/// 400 for such a parameter.
pub async fn refuse_unknown(request: Request, next: Next) -> Result<Response, ApiError> {
    // A method that the path does not take is refused by the router.
    if let Some(path) = request.extensions().get::<MatchedPath>()
        && let Some(known) = KNOWN.get(&(path.as_str().to_owned(), operation(request.method())))
    {
        let given: Vec<(String, String)> =
            parse_query(request.uri()).map_err(ApiError::BadRequest)?;
        if let Some((unknown, _)) = given.iter().find(|(name, _)| !is_known(name, known)) {
            return Err(ApiError::BadRequest(refusal(unknown, known)));
        }
    }
    Ok(next.run(request).await)
}

/// The name of the operation that answers a method.
fn operation(method: &Method) -> String {
    let method = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    method.as_str().to_ascii_lowercase()
}

fn is_known(name: &str, known: &[String]) -> bool {
    let has = |wanted: &str| known.iter().any(|name| name == wanted);
    let (prefix, pattern) = DIMENSION;
    let is_dimension = || name.len() > prefix.len() && name.starts_with(prefix) && has(pattern);
    name == KEY || has(name) || is_dimension()
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
        assert_eq!(known("/api/v2/loss", "get"), "from to");
        assert_eq!(known("/api/v2/accounts/{id}/notes", "get"), "limit page");
        assert_eq!(operation(&Method::HEAD), "get");
    }

    #[test]
    fn a_list_with_dimensions_takes_each_of_them_by_its_prefix() {
        let known = ["tier", "d.NAME"].map(str::to_owned);
        for name in ["api_key", "tier", "d.region", "d.NAME"] {
            assert!(is_known(name, &known), "{name}");
        }
        for name in ["region", "d.", "D.region"] {
            assert!(!is_known(name, &known), "{name}");
        }
        assert!(!is_known("d.region", &known[..1]));
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
