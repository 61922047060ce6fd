//! Describes one use of a feature.

use natero_engine::host_constants::MAX_DETAILS_DEPTH;
use natero_event::limits::MAX_DETAILS_BYTES;
use serde::Serialize;

use crate::{error::TrackerError, expected};

/// One use of a feature.
///
/// ```
/// use natero_wasm::Feature;
///
/// #[derive(serde::Serialize)]
/// struct Export {
///     rows: u32,
///     format: &'static str,
/// }
///
/// let export = Feature::new("export")
///     .total(3.0)
///     .product("reports")
///     .details(&Export { rows: 412, format: "csv" });
/// # let _ = export;
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "it is sent with `Tracker::send_feature`"]
pub struct Feature {
    pub(crate) feature: String,
    pub(crate) total: f64,
    pub(crate) module: OwnedOverride,
    pub(crate) product: OwnedOverride,
    pub(crate) details: Details,
}

/// The id that one event uses instead of the current one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum OwnedOverride {
    /// The current one.
    #[default]
    Sticky,
    /// No id.
    Cleared,
    /// This one.
    Is(String),
}

impl OwnedOverride {
    pub(crate) fn of(id: Option<&str>) -> OwnedOverride {
        id.map_or(OwnedOverride::Cleared, |id| {
            OwnedOverride::Is(id.to_owned())
        })
    }
}

impl Feature {
    /// One use of this feature, in the current module and product.
    pub fn new(feature: impl Into<String>) -> Feature {
        Feature {
            feature: feature.into(),
            total: 1.0,
            module: OwnedOverride::Sticky,
            product: OwnedOverride::Sticky,
            details: Details::default(),
        }
    }

    /// How often it was used: a finite number. The collector takes 0 to 1,000,000.
    /// Default: 1.
    pub fn total(mut self, total: f64) -> Feature {
        self.total = total;
        self
    }

    /// The module of this event alone; `None`: no module.
    pub fn module<'a>(mut self, module: impl Into<Option<&'a str>>) -> Feature {
        self.module = OwnedOverride::of(module.into());
        self
    }

    /// The product of this event alone; `None`: no product.
    pub fn product<'a>(mut self, product: impl Into<Option<&'a str>>) -> Feature {
        self.product = OwnedOverride::of(product.into());
        self
    }

    /// Details about this use: a value that serialises as an object of at most 16 KiB of
    /// JSON, with at most 64 levels of objects and lists. Any other value is refused when
    /// the feature is sent.
    pub fn details(mut self, details: &impl Serialize) -> Feature {
        self.details = Details::of(details);
        self
    }
}

impl From<&str> for Feature {
    fn from(feature: &str) -> Feature {
        Feature::new(feature)
    }
}

impl From<String> for Feature {
    fn from(feature: String) -> Feature {
        Feature::new(feature)
    }
}

/// Details as JSON, or why they are not valid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Details {
    /// None were given.
    #[default]
    Absent,
    /// A JSON object.
    Json(String),
    /// Describes what was given instead.
    Wrong(&'static str),
}

impl Details {
    /// Serialises a value.
    pub fn of(value: &impl Serialize) -> Details {
        match serde_json::to_string(value) {
            Ok(json) => Details::checked(json),
            Err(_) => Details::Wrong("a value that does not serialise as JSON"),
        }
    }

    /// Checks whether JSON is an object that is not too large.
    pub fn checked(json: String) -> Details {
        if json == "null" {
            Details::Absent
        } else if !json.starts_with('{') {
            Details::Wrong("a value that is no object")
        } else if json.len() > MAX_DETAILS_BYTES {
            Details::Wrong("more")
        } else if levels(&json) > MAX_DETAILS_DEPTH {
            // The collector refuses events that are nested too deeply.
            Details::Wrong("one of more than 64 levels")
        } else {
            Details::Json(json)
        }
    }

    /// The JSON, if there is any.
    ///
    /// # Errors
    /// If something else was given.
    pub fn json(self, method: &'static str) -> Result<Option<String>, TrackerError> {
        match self {
            Details::Absent => Ok(None),
            Details::Json(json) => Ok(Some(json)),
            Details::Wrong(got) => Err(TrackerError::InvalidArgument {
                method,
                argument: "details",
                expected: expected::DETAILS.to_owned(),
                got: got.to_owned(),
            }),
        }
    }
}

/// How many objects and lists contain the innermost value of some JSON.
fn levels(json: &str) -> usize {
    let (mut level, mut deepest) = (0_usize, 0);
    let (mut is_in_text, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            _ if is_in_text => {}
            b'{' | b'[' => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' => level -= 1,
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn details_are_objects_within_their_limit() {
        assert_eq!(
            Details::of(&json!({"a": 1})),
            Details::Json(r#"{"a":1}"#.into())
        );
        assert_eq!(Details::of(&None::<u8>), Details::Absent);
        let deep = |levels: usize| {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            Details::checked(format!(r#"{{"\"[\\":{open}{close}}}"#))
        };
        assert!(matches!(deep(MAX_DETAILS_DEPTH), Details::Json(_)));
        let error = deep(MAX_DETAILS_DEPTH + 1).json("identifyUser");
        let error = error.expect_err("too deep").to_string();
        assert!(
            error.contains(&format!("more than {MAX_DETAILS_DEPTH} levels")),
            "{error}"
        );
        for wrong in [json!([1]), json!("text"), json!(3)] {
            assert!(matches!(Details::of(&wrong), Details::Wrong(_)), "{wrong}");
        }
        let large = json!({"a": "x".repeat(MAX_DETAILS_BYTES)});
        let error = Details::of(&large)
            .json("sendFeatureEvent")
            .expect_err("too large");
        assert!(error.to_string().contains("16 KiB"), "{error}");
    }
}
