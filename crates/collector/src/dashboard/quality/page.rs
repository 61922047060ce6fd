//! What the sections of the data-quality page share.

use maud::{Markup, html};

use crate::{
    dashboard::{address, quality::done::Done, rights::Rights, sheet::Sheet, view::View},
    model::calendar::TimeZone,
};

/// The path of the page.
pub(in crate::dashboard) const PATH: &str = "/quality";

/// What a section needs to render its table.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) view: &'a View,
    pub(super) zone: &'a TimeZone,
    pub(super) rights: &'a Rights,
    /// What a button has just done.
    pub(super) done: Option<Done>,
}

impl Page<'_> {
    /// Renders a section. `words` explain its problem and how to fix it. `without` says what is
    /// right where the section is empty.
    pub(super) fn section(
        self,
        id: &str,
        heading: &str,
        words: &str,
        without: &str,
        is_empty: bool,
        table: Markup,
    ) -> Markup {
        html! {
            section .card #(id) {
                h2 { (heading) }
                @if let Some(done) = self.done && done.section() == id {
                    p .notice role="status" { (done.words()) }
                }
                @if is_empty { p .none { (without) } }
                @else { p .hint { (words) } (table) }
            }
        }
    }

    pub(super) fn account_link(self, id: &str, name: Option<&String>) -> Markup {
        let to = self.view.only_period().at(&address::account(id, ""));
        html! {
            a href=(to) title=[name] { (name.map_or(id, String::as_str)) }
            @if name.is_some() { small { (id) } }
        }
    }

    pub(super) fn user_link(self, id: &str) -> Markup {
        html! { a href=(self.view.only_period().at(&address::user(id))) { (id) } }
    }
}
