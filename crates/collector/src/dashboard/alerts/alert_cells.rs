//! What tables and notices show of an alert.

use maud::{Markup, html};

use crate::{
    dashboard::{address, value::Value, view::View},
    store::alerts::Alert,
};

/// The change of the figure of an alert, as a share of the one before.
pub(super) fn percent(of: &Alert) -> Value {
    match (of.before, of.now) {
        (Some(before), Some(now)) => Value::change(before, now),
        _ => Value::None,
    }
}

/// Renders the id of the user of an alert, with a link to the user's page if the reader may see it.
pub(super) fn user(of: &Alert, id: &str, view: &View) -> Markup {
    html! {
        @if of.is_user_visible {
            a href=(view.only_period().at(&address::user(id))) { (id) }
        } @else { (id) }
    }
}
