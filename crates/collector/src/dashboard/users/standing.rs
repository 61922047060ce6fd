//! How a user stands to the period, in words.

use maud::{Markup, html};

use crate::{
    dashboard::{format, quality, view::View},
    store::people::Presence,
};

/// Renders a note that a user has events which do not count, with a link to the reason.
/// `view` has the period of these events.
pub(in crate::dashboard) fn uncounted(events: u64, view: &View, shows_quality: bool) -> Markup {
    let events = i64::try_from(events).unwrap_or(i64::MAX);
    let words = if events == 1 {
        "1 event is kept but not counted".to_owned()
    } else {
        format!("{} events are kept but not counted", format::number(events))
    };
    html! {
        @if shows_quality {
            a href=(view.only_period().at(quality::page::PATH)) { (words) }
        } @else { (words) }
    }
}

/// The presence of a user in words.
pub(super) fn presence_text(presence: Presence) -> &'static str {
    match presence {
        Presence::Active => "Active",
        Presence::New => "New",
        Presence::Stopped => "Stopped",
        Presence::Later => "Came later",
        Presence::Uncounted => "Not counted",
        Presence::NeverCame => "Never came",
    }
}
