//! The fields of a form that changes a record: as they were shown, and as they were submitted.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::{
    http::error::ApiError,
    model::visibility::Visibility,
    store::{Store, search::SearchQuestion, tree::TreeEntry},
};

/// The texts of fields, by their names. An empty field has no entry.
pub(super) type Texts = BTreeMap<&'static str, String>;

/// Most accounts that are suggested in place of an unknown one.
const MAX_SUGGESTED: usize = 3;

/// The fields of a form, each with the value that the form showed and the submitted one.
#[derive(Debug)]
pub(super) struct EditedFields {
    shown: Texts,
    submitted: Texts,
}

impl EditedFields {
    /// A form without changes. `current` are the stored values.
    pub(super) fn untouched(current: impl Iterator<Item = (&'static str, String)>) -> Self {
        let shown: Texts = current
            .map(|(name, text)| (name, one_line(&text)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        EditedFields {
            submitted: shown.clone(),
            shown,
        }
    }

    /// A form as it was submitted. If the client does not send the values that it was shown,
    /// the stored ones of `self` are used.
    pub(super) fn with_submitted(
        mut self,
        names: impl Iterator<Item = &'static str>,
        fields: &BTreeMap<String, String>,
    ) -> Self {
        let text = |name: &str| fields.get(name).map(|text| one_line(text));
        for name in names {
            if let Some(shown) = text(&shown_name(name)) {
                self.shown.insert(name, shown);
            }
            let submitted = text(name).or_else(|| self.shown.get(name).cloned());
            self.submitted.insert(name, submitted.unwrap_or_default());
        }
        for texts in [&mut self.shown, &mut self.submitted] {
            texts.retain(|_, text| !text.is_empty());
        }
        self
    }

    /// The submitted value of a field; `None` if it is empty.
    pub(super) fn submitted(&self, name: &str) -> Option<&String> {
        self.submitted.get(name)
    }

    /// The fields that were changed; `None` where one was emptied. Unchanged ones are not stored:
    /// otherwise a name from another source would become one that was set here, and a
    /// simultaneous change by somebody else would be undone.
    pub(super) fn changed(&self) -> BTreeMap<&'static str, Option<&String>> {
        let names = self.shown.keys().chain(self.submitted.keys());
        names
            .filter(|name| self.shown.get(*name) != self.submitted.get(*name))
            .map(|name| (*name, self.submitted.get(name)))
            .collect()
    }

    /// Renders the hidden fields with the values that the form shows.
    pub(super) fn hidden(&self, names: impl Iterator<Item = &'static str>) -> Markup {
        html! {
            @for name in names {
                input type="hidden" name=(shown_name(name)) value=(self.shown.get(name).map_or("", String::as_str));
            }
        }
    }
}

/// The name of the hidden field that holds the value that a field had when the form was shown.
fn shown_name(name: &str) -> String {
    format!("shown.{name}")
}

/// A text, as a one-line field holds it.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], "").trim().to_owned()
}

/// Accounts whose name or id contains the id that somebody entered for an unknown account.
///
/// # Errors
/// When the store fails.
pub(super) async fn suggested_accounts(
    store: &dyn Store,
    entered: &str,
) -> Result<Vec<TreeEntry>, ApiError> {
    let question = SearchQuestion {
        text: entered.to_owned(),
        within: Visibility::All,
        limit: MAX_SUGGESTED,
    };
    let found = store.search(question).await?.accounts;
    let suggested = found.into_iter().filter_map(|mut path| path.pop());
    Ok(suggested.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> EditedFields {
        EditedFields::untouched([("a", "1\n".to_owned()), ("b", " ".to_owned())].into_iter())
    }

    fn submitted(fields: &[(&str, &str)]) -> EditedFields {
        let fields = fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        stored().with_submitted(["a", "b"].into_iter(), &fields)
    }

    #[test]
    fn only_fields_that_differ_from_what_was_shown_are_changed() {
        assert!(stored().changed().is_empty());
        assert!(submitted(&[("a", "1"), ("b", "")]).changed().is_empty());
        // Somebody else has stored 1 meanwhile; this form showed 0 and leaves it.
        assert!(
            submitted(&[("shown.a", "0"), ("a", "0")])
                .changed()
                .is_empty()
        );
        let edit = submitted(&[("shown.a", "1"), ("a", ""), ("b", "2")]);
        let two = "2".to_owned();
        assert_eq!(edit.changed(), [("a", None), ("b", Some(&two))].into());
    }
}
