//! Filters for lists of accounts and users.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};

use super::{portfolio::dimension_text, search::rank};
use crate::model::folding::folded;

/// Restricts a list of accounts or users. The default restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only records whose name contains all words of this text, or whose id contains the text,
    /// ignoring case and accents.
    pub search: Option<String>,
    /// Only deactivated records, or only records that are not.
    pub is_deleted: Option<bool>,
    /// Only records with these details, by name. An empty text selects records without the detail.
    pub dimensions: BTreeMap<String, String>,
}

impl ListFilter {
    /// The part of the filter that no database evaluates as this program does; `None` when the
    /// filter has no such part.
    pub(in crate::store) fn of_texts(&self) -> Option<TextFilter<'_>> {
        let filter = TextFilter {
            search: self.search.as_deref().map(folded),
            dimensions: &self.dimensions,
        };
        (filter.search.is_some() || filter.needs_details()).then_some(filter)
    }
}

/// The part of a filter that compares texts.
#[derive(Debug)]
pub(in crate::store) struct TextFilter<'a> {
    search: Option<Cow<'a, str>>,
    dimensions: &'a BTreeMap<String, String>,
}

impl TextFilter<'_> {
    /// Whether it compares details.
    pub(in crate::store) fn needs_details(&self) -> bool {
        !self.dimensions.is_empty()
    }

    /// Whether a record passes the filter. `details` is called only if it is needed.
    pub(in crate::store) fn contains(
        &self,
        id: &str,
        name: Option<&str>,
        details: impl FnOnce() -> Map<String, Value>,
    ) -> bool {
        let is_found = (self.search.as_ref()).is_none_or(|text| rank(text, name, id).is_some());
        is_found && (!self.needs_details() || self.has_dimensions(&details()))
    }

    fn has_dimensions(&self, details: &Map<String, Value>) -> bool {
        self.dimensions.iter().all(|(name, wanted)| {
            let text = details.get(name).and_then(dimension_text);
            text.unwrap_or_default() == *wanted
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_searched_and_filtered_as_the_dashboard_does() {
        let filter = ListFilter {
            search: Some("ÖL äpfel".to_owned()),
            dimensions: [("tier", "2"), ("stage", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..ListFilter::default()
        };
        let filter = filter.of_texts().unwrap();
        let contains = |name: &str, details: Value| {
            let Value::Object(details) = details else {
                panic!("an object")
            };
            filter.contains("a", Some(name), || details)
        };
        assert!(contains("Äpfel Öl AG", json!({"tier": 2})));
        assert!(!contains("Äpfel AG", json!({"tier": 2})));
        assert!(!contains(
            "Äpfel Öl AG",
            json!({"tier": 2, "stage": "trial"})
        ));
        assert!(ListFilter::default().of_texts().is_none());
    }
}
