//! A row of the breakdown, and how its cells are shown.

use maud::{Markup, html};

use crate::{
    dashboard::{
        format,
        open_rows::{RowPath, path_text},
        selection::Selection,
        share_bar::bar,
        value::Value,
        view::View,
    },
    store::{account_report::Compared, usage::Totals},
};

/// The levels of the breakdown, from the widest.
pub(super) const LEVELS: [(&str, &str); 3] = [
    ("Product", "Without a product"),
    ("Module", "Without a module"),
    ("Feature", "Without a feature"),
];

/// A row of the table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The names from the product down; empty for events without one.
    pub(super) path: RowPath,
    /// Its level below the first level of the table.
    pub(super) depth: usize,
    pub(super) figures: Compared,
    pub(super) state: State,
}

/// Which of the rows that a row contains are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Closed,
    /// The row contains no others.
    Single,
    /// Stands for this number of rows that are not shown.
    Rest(usize),
}

impl Row {
    fn level(&self) -> usize {
        self.path.len() - 1
    }

    fn label(&self) -> String {
        let name = &self.path[self.level()];
        if name.is_empty() {
            LEVELS[self.level()].1.to_owned()
        } else {
            name.clone()
        }
    }

    pub(super) fn name_value(&self) -> Value {
        match self.state {
            State::Rest(_) => Value::None,
            State::Open | State::Closed | State::Single => Value::Text(self.label()),
        }
    }

    pub(super) fn part(&self, level: usize) -> Value {
        Value::text(
            self.path
                .get(level)
                .filter(|name| !name.is_empty())
                .cloned(),
        )
    }

    pub(super) fn value(&self, of: impl Fn(&Totals) -> Value) -> Value {
        match self.state {
            State::Rest(_) => Value::None,
            State::Open | State::Closed | State::Single => of(&self.figures.now),
        }
    }

    pub(super) fn before(&self) -> Option<&Totals> {
        self.figures.before.as_ref()
    }

    /// The selection of the page that a row links to. A row for the rest of a level links to
    /// the row above it.
    fn selection(&self) -> Selection {
        let names = match self.state {
            State::Rest(_) => &self.path[..self.level()],
            State::Open | State::Closed | State::Single => &self.path[..],
        };
        let name = |level: usize| names.get(level).cloned();
        Selection::of(name(0), name(1), name(2))
    }

    pub(super) fn name(&self, links: &View, path: &str) -> Markup {
        let to = links.with_selection(self.selection()).at(path);
        let is_unnamed = self.path[self.level()].is_empty();
        html! {
            div .name {
                @match self.state {
                    State::Open | State::Closed => {
                        button .twist type="submit" name="toggle" value=(path_text(&self.path))
                            aria-expanded=(self.state == State::Open) aria-label={"What is in " (self.label())} {}
                    }
                    State::Single | State::Rest(_) => span .twist {},
                }
                @match self.state {
                    State::Rest(rest) => a href=(to) { "and " (format::number(rest as i64)) " more" },
                    State::Open | State::Closed | State::Single => a .none[is_unnamed] href=(to) { (self.label()) },
                }
            }
        }
    }

    pub(super) fn uses(&self, most: f64) -> Markup {
        let uses = self.figures.now.features;
        html! {
            @if matches!(self.state, State::Rest(_)) || uses == 0.0 { span .zero { "–" } }
            @else { (format::sum(uses)) (bar(uses, most)) }
        }
    }
}
