//! A bar in a cell of a table: the size of its row relative to the largest row.

use maud::{Markup, html};

/// Renders the bar of a row of this size. Nothing is larger than `most`.
pub(crate) fn bar(part: f64, most: f64) -> Markup {
    let width = if most > 0.0 {
        (part / most * 100.0).clamp(0.0, 100.0)
    } else {
        0.0
    };
    html! {
        svg .bar viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true" {
            rect width=(format!("{width:.1}")) height="3" {}
        }
    }
}
