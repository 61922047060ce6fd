//! The selected product, module and feature, shown above their usage.

use maud::{Markup, html};

use super::{selection::Selection, view::View};

/// Renders the selection, with links to the levels above it.
pub(crate) fn show(path: &str, view: &View) -> Markup {
    if view.selection == Selection::All {
        return html! {};
    }
    let at = |selection: &Selection| view.with_selection(selection.clone()).at(path);
    let steps = view.selection.steps();
    html! {
        nav .part aria-label="Part of the usage" {
            a href=(at(&Selection::All)) { "All products" }
            @for (name, step) in &steps {
                @if *step == view.selection {
                    strong { span .hidden { (name) ": " } (step.label()) }
                } @else {
                    a href=(at(step)) { (step.label()) }
                }
            }
        }
    }
}
