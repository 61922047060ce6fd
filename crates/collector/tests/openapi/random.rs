//! Sends requests to every operation, generated from its description in the OpenAPI document:
//! valid ones, invalid ones, and some that are complete nonsense. Each answer must be one
//! that the document describes.

use std::fmt;

use axum::{body::Body, http::Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use super::{document, support::*};
use crate::{
    generate::{allowed, anything, resolved, spoiled},
    schema::faults,
};

/// Number of requests to each operation, valid and invalid ones.
const CASES: u32 = 48;

/// A request that was generated.
#[derive(Clone)]
struct Asked {
    /// Parameters: name, place and value.
    given: Vec<(String, String, Value)>,
    kind: &'static str,
    body: Option<Vec<u8>>,
    /// Whether all of it conforms to the document.
    is_right: bool,
    body_is_right: bool,
}

// Prints the body as text, because a list of its bytes, each on its own line, would be
// unreadable.
impl fmt::Debug for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_deref().map(|body| body.escape_ascii());
        let given: Vec<_> = self.given.iter().map(|part| format!("{part:?}")).collect();
        write!(out, "{} {} ", given.join(" "), self.kind)?;
        body.map_or(Ok(()), |body| write!(out, "{body}"))
    }
}

/// An operation of the document.
#[derive(Debug)]
struct Operation<'a> {
    document: &'a Value,
    method: String,
    path: &'a str,
    told: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, told)| Operation {
            document,
            method: method.to_uppercase(),
            path,
            told,
        })
    });
    all.collect()
}

fn escaped(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
}

/// Swaps the bounds of a span that would end before it begins. A schema cannot describe that
/// such a span is not allowed.
fn in_order(mut given: Vec<(String, String, Value)>) -> Vec<(String, String, Value)> {
    let position = |name: &str| given.iter().position(|(given, ..)| given == name);
    if let (Some(from), Some(to)) = (position("from"), position("to"))
        && given[from].2.as_i64() > given[to].2.as_i64()
    {
        let end = given[from].2.take();
        given[from].2 = given[to].2.take();
        given[to].2 = end;
    }
    given
}

impl Operation<'_> {
    fn body_schema(&self) -> Option<&Value> {
        let content = self.told["requestBody"]["content"].as_object()?;
        Some(&content["application/json"]["schema"])
    }

    fn is_event_api(&self) -> bool {
        self.path.starts_with("/v1/")
    }

    /// Values for a random selection of the parameters.
    fn parameters(&self, is_right: bool) -> BoxedStrategy<Vec<(String, String, Value)>> {
        let mut all = Just(Vec::new()).boxed();
        for parameter in self.told["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(self.document, parameter);
            let right = allowed(self.document, &parameter["schema"]);
            let value = if is_right {
                right
            } else {
                prop_oneof![right, ".{1,40}".prop_map(Value::from), anything()].boxed()
            };
            let value = if parameter["required"] == true {
                value.prop_map(Some).boxed()
            } else {
                proptest::option::weighted(0.4, value).boxed()
            };
            let of = |field: &str| parameter[field].as_str().unwrap().to_owned();
            let (name, place) = (of("name"), of("in"));
            // A path with an empty segment is a different address.
            let value = if place == "path" {
                value
                    .prop_filter("an empty part of a path", |value| {
                        value.as_ref().is_none_or(|value| value != "")
                    })
                    .boxed()
            } else {
                value
            };
            all = (all, value)
                .prop_map(move |(mut all, value)| {
                    all.extend(value.map(|value| (name.clone(), place.clone(), value)));
                    all
                })
                .boxed();
        }
        if is_right {
            all = all.prop_map(in_order).boxed();
        }
        all
    }

    fn target(&self, collector: &Collector, given: &[(String, String, Value)]) -> String {
        let mut path = self
            .path
            .replace("{auth_key}", &collector.source.auth_key)
            .replace("{api_key}", &collector.source.api_key);
        let mut query = Vec::new();
        for (name, place, value) in given {
            match place.as_str() {
                "path" => path = path.replace(&format!("{{{name}}}"), &escaped(value)),
                _ => query.push(format!("{name}={}", escaped(value))),
            }
        }
        query.push(format!("api_key={}", collector.account_key));
        format!("{path}?{}", query.join("&"))
    }

    /// A body, its content type, and whether the document allows it.
    fn body(&self, is_right: bool) -> BoxedStrategy<(&'static str, Option<Vec<u8>>, bool)> {
        let Some(schema) = self.body_schema() else {
            return Just(("", None, true)).boxed();
        };
        // For the Event API, the document describes a line only in words.
        let event = json!({"$ref": "#/components/schemas/Event"});
        let schema = if self.is_event_api() { &event } else { schema };
        let right = allowed(self.document, schema);
        if is_right {
            let written = |value: Value| ("application/json", Some(value.to_string().into()), true);
            return right.prop_map(written).boxed();
        }
        let (document, schema) = (self.document.clone(), schema.clone());
        let spoiled = right.prop_flat_map(spoiled).prop_map(move |value| {
            let is_right = faults(&document, &schema, &value).is_empty();
            (
                "application/json",
                Some(value.to_string().into_bytes()),
                is_right,
            )
        });
        let junk = proptest::collection::vec(any::<u8>(), 0..80)
            .prop_map(|bytes| ("application/json", Some(bytes), false));
        let other = ".{0,40}".prop_map(|text| ("text/html", Some(text.into_bytes()), false));
        prop_oneof![6 => spoiled, 1 => junk, 1 => other].boxed()
    }

    fn requests(&self, is_right: bool) -> impl Strategy<Value = Asked> + use<> {
        let both = (self.parameters(is_right), self.body(is_right));
        both.prop_map(move |(given, (kind, body, body_is_right))| Asked {
            given,
            kind,
            body,
            is_right,
            body_is_right,
        })
    }

    async fn send(&self, collector: &Collector, asked: &Asked) -> Answer {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(self.target(collector, &asked.given));
        if asked.body.is_some() {
            request = request.header("content-type", asked.kind);
        }
        let body = asked.body.clone().map_or(Body::empty(), Body::from);
        collector.ask(request.body(body).unwrap()).await
    }

    /// Checks an answer against the document.
    fn check(&self, asked: &Asked, answer: &Answer) -> Result<(), TestCaseError> {
        let status = answer.status.as_u16();
        let told = &self.told["responses"][status.to_string()];
        prop_assert!(
            !told.is_null(),
            "{status} is not documented: {}",
            answer.text
        );
        prop_assert!(status < 500, "{status}: {}", answer.text);

        let content = resolved(self.document, told)["content"]
            .as_object()
            .unwrap();
        let kind = answer.headers["content-type"].to_str().unwrap();
        let kind = kind.split(';').next().unwrap();
        prop_assert!(content.contains_key(kind), "{kind} is not documented");
        if kind == "application/json" {
            let body = answer.json();
            let wrong = faults(self.document, &content[kind]["schema"], &body);
            prop_assert!(wrong.is_empty(), "{body}: {wrong:?}");
            if status >= 400 {
                let words = body["error"].as_str().unwrap_or_default();
                prop_assert!(words.len() > 20, "says too little: {body}");
            }
        }
        if asked.is_right {
            // A valid request may still contradict the stored state, or refer to something
            // unknown. Whether a cursor is valid depends on an earlier answer, which the
            // schema cannot describe.
            let has_cursor = asked.given.iter().any(|(name, ..)| name == "cursor");
            let is_fine = matches!(status, 200 | 404 | 409 | 422) || status == 400 && has_cursor;
            prop_assert!(is_fine, "{status} to what is documented: {}", answer.text);
        }
        if !asked.body_is_right && !self.is_event_api() {
            let is_told = status >= 400 || answer.json()["rejected"] != json!([]);
            prop_assert!(is_told, "taken although not documented: {}", answer.text);
        }
        Ok(())
    }
}

#[test]
fn every_answer_to_right_wrong_and_senseless_requests_is_as_documented() {
    let document = document();
    let collector = Collector::with(&["--rate-limit", "0"]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for operation in operations(&document) {
        for is_right in [true, false] {
            let config = Config {
                cases: place::cases(CASES),
                failure_persistence: None,
                ..Config::default()
            };
            let outcome = TestRunner::new(config).run(&operation.requests(is_right), |asked| {
                let answer = runtime.block_on(operation.send(&collector, &asked));
                operation.check(&asked, &answer)
            });
            if let Err(error) = outcome {
                panic!("{} {}: {error}", operation.method, operation.path);
            }
        }
    }
    // Whatever was sent, the stored data is consistent. Erasures may have left none.
    let event = feature("kept", "kept", "kept", "kept").to_string();
    assert_eq!(
        runtime.block_on(collector.post(event)).json()["accepted"],
        1
    );
    assert!(collector.count("SELECT COUNT(*) FROM events") > 0);
    runtime.block_on(collector.check_figures());
}
