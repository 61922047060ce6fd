//! The main figures of a page, with their change since the period before.

use maud::{Markup, html};

use super::value::{Value, show_change};

/// Letters of a figure that stand on one line where six are side by side.
const LONG: usize = 14;

/// A figure with its name.
#[derive(Debug, Clone)]
pub(crate) struct Total {
    name: &'static str,
    value: String,
    change: Option<(f64, f64)>,
    note: Option<String>,
    is_bad: bool,
}

impl Total {
    /// A figure as people read it.
    pub(crate) fn of(name: &'static str, value: String) -> Self {
        Total {
            name,
            value,
            change: None,
            note: None,
            is_bad: false,
        }
    }

    /// Adds its value in the period before, and in the period.
    #[must_use]
    pub(crate) fn change(mut self, before_and_now: Option<(f64, f64)>) -> Self {
        self.change = before_and_now;
        self
    }

    /// Marks it as one that should be 0.
    #[must_use]
    pub(crate) fn bad(mut self, is_bad: bool) -> Self {
        self.is_bad = is_bad;
        self
    }

    /// It would not stand on one line beside the others: sums of several currencies.
    fn is_long(&self) -> bool {
        self.value.chars().count() > LONG
    }

    /// Adds what is said below it.
    #[must_use]
    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }
}

/// Renders figures. `length` is that of the period, in words.
pub(crate) fn totals(all: &[Total], length: &str) -> Markup {
    html! {
        dl .totals {
            @for total in all {
                div .bad[total.is_bad] {
                    dt { (total.name) }
                    dd class=[total.is_long().then_some("long")] {
                        (total.value)
                        @if let Some((before, now)) = total.change {
                            small .change {
                                @if let Value::Change(change) = Value::change(before, now) { (show_change(change)) }
                                span .hidden { " compared with the " (length) " before" }
                            }
                        }
                        @if let Some(note) = &total.note { small .change { (note) } }
                    }
                }
            }
        }
    }
}
