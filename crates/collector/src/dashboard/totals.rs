//! The main figures of a page, with their change since the previous period.

use maud::{Markup, html};

use super::value::{Value, show_change};

/// Letters of a line that fit at the normal font size.
const USUAL: usize = 14;

/// Letters of longer lines, with the CSS class of the font size at which they fit. Still
/// longer lines use the last class.
const SIZES: [(usize, &str); 2] = [(18, "letters-18"), (24, "letters-24")];

/// The name of a figure, and what the figure means.
pub(crate) type Named = (&'static str, &'static str);

// Figures that several pages show.
pub(crate) const FEATURE_USES: Named = (
    "Feature uses",
    "Sum of the amounts of feature events in the period.",
);
pub(crate) const ACTIVE_USERS: Named = (
    "Active users",
    "Different users with an event in the period.",
);
pub(crate) const SESSIONS: Named = (
    "Sessions",
    "Different sessions with an event in the period.",
);
pub(crate) const ACTIVE_TIME: Named = (
    "Active time",
    "Time in which somebody did something, as trackers report it.",
);
pub(crate) const TIME_IN_MODULES: Named = (
    "Time in modules",
    "Time with a module open and in use, which trackers report when it ends.",
);
pub(crate) const EVENTS: Named = ("Events", "Events of any kind in the period that count.");

/// A figure with its name.
#[derive(Debug, Clone)]
pub(crate) struct Total {
    name: &'static str,
    meaning: &'static str,
    /// Its lines. They are not wrapped: the rest of a number would look like another number.
    lines: Vec<String>,
    change: Option<(f64, f64)>,
    note: Option<String>,
    is_bad: bool,
}

impl Total {
    /// A figure, formatted for people.
    pub(crate) fn of(named: Named, value: String) -> Self {
        Total::of_lines(named, vec![value])
    }

    /// A figure of several parts that cannot be summed up, each on its own line.
    pub(crate) fn of_lines((name, meaning): Named, lines: Vec<String>) -> Self {
        Total {
            name,
            meaning,
            lines,
            change: None,
            note: None,
            is_bad: false,
        }
    }

    /// Adds its values in the previous period and in this one.
    #[must_use]
    pub(crate) fn change(mut self, before_and_now: Option<(f64, f64)>) -> Self {
        self.change = before_and_now;
        self
    }

    /// Highlights it as a figure that should be 0.
    #[must_use]
    pub(crate) fn bad(mut self, is_bad: bool) -> Self {
        self.is_bad = is_bad;
        self
    }

    /// The CSS class of the font size at which its longest line fits; `None` for the normal
    /// size.
    fn size(&self) -> Option<&'static str> {
        let longest = self.lines.iter().map(|line| line.chars().count()).max()?;
        let size = SIZES.iter().find(|(letters, _)| longest <= *letters);
        let size = size.or(SIZES.last()).map(|(_, class)| *class);
        size.filter(|_| longest > USUAL)
    }

    /// Adds a note below it.
    #[must_use]
    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }
}

/// Renders figures and their meanings. `length` is the length of the period, in words.
pub(crate) fn totals(all: &[Total], length: &str) -> Markup {
    html! {
        dl .totals {
            @for total in all {
                div .bad[total.is_bad] {
                    dt { (total.name) }
                    dd class=[total.size()] {
                        @match total.lines.as_slice() {
                            [line] => (line),
                            lines => @for line in lines { span .figure { (line) } },
                        }
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
        details .meanings {
            summary { "What these figures mean" }
            dl {
                @for (name, meaning) in meanings(all) {
                    div { dt { (name) } dd { (meaning) } }
                }
            }
        }
    }
}

/// The meanings of the figures, without duplicates.
fn meanings(all: &[Total]) -> Vec<Named> {
    let mut meanings: Vec<Named> = Vec::new();
    for total in all {
        let named = (total.name, total.meaning);
        if !meanings.contains(&named) {
            meanings.push(named);
        }
    }
    meanings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_figure_is_smaller_and_several_have_lines_of_their_own() {
        let shown = |lines: &[&str]| {
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            totals(&[Total::of_lines(("MRR", ""), lines)], "").into_string()
        };
        assert!(shown(&["1,234"]).contains("<dd>1,234</dd>"));
        assert!(shown(&["EUR 1,234,567.00"]).contains("<dd class=\"letters-18\">"));
        assert!(shown(&["EUR 1,234,567,890.00"]).contains("<dd class=\"letters-24\">"));
        assert!(shown(&["EUR 1.00", "CHF 2.00"]).contains(
            "<dd><span class=\"figure\">EUR 1.00</span><span class=\"figure\">CHF 2.00</span></dd>"
        ));
    }

    #[test]
    fn what_a_figure_means_stands_beside_it_once() {
        let of = |named: Named| Total::of(named, "1".to_owned());
        let page = totals(&[of(EVENTS), of(SESSIONS), of(SESSIONS)], "").into_string();
        for (name, meaning) in [EVENTS, SESSIONS] {
            let beside = format!("<div><dt>{name}</dt><dd>{meaning}</dd></div>");
            assert_eq!(page.matches(&beside).count(), 1, "{page}");
        }
    }
}
