//! The order of the rows of a breakdown.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// A figure of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Figure {
    Events,
    Features,
    ModuleTime,
    ActiveTime,
    Sessions,
    Users,
}

impl Figure {
    const ALL: [(&'static str, Figure); 6] = [
        ("events", Figure::Events),
        ("features", Figure::Features),
        ("module_time", Figure::ModuleTime),
        ("active_time", Figure::ActiveTime),
        ("sessions", Figure::Sessions),
        ("users", Figure::Users),
    ];
}

/// The order of the rows of a breakdown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum RowOrder {
    /// By key; the row without a value comes last.
    #[default]
    Key,
    /// By a figure, the smallest first.
    Smallest(Figure),
    /// By a figure, the largest first.
    Largest(Figure),
}

impl RowOrder {
    /// The figure by which rows are ordered; `None` if they are ordered by key.
    pub fn figure(self) -> Option<Figure> {
        match self {
            RowOrder::Key => None,
            RowOrder::Smallest(figure) | RowOrder::Largest(figure) => Some(figure),
        }
    }
}

/// In the form that [`RowOrder::from_str`] reads.
impl fmt::Display for RowOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_largest = matches!(self, RowOrder::Largest(_));
        let name = Figure::ALL
            .into_iter()
            .find(|(_, figure)| Some(*figure) == self.figure())
            .map_or("key", |(name, _)| name);
        write!(f, "{}{name}", if is_largest { "-" } else { "" })
    }
}

/// The error for a text that is not an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "sort is key, events, features, module_time, active_time, sessions or users; a figure with - in front, such as -features, for the largest first"
)]
pub struct UnknownOrder;

impl FromStr for RowOrder {
    type Err = UnknownOrder;

    fn from_str(text: &str) -> Result<Self, UnknownOrder> {
        let name = text.strip_prefix('-');
        let figure = Figure::ALL
            .into_iter()
            .find(|(known, _)| *known == name.unwrap_or(text));
        match (figure, name) {
            (None, None) if text == "key" => Ok(RowOrder::Key),
            (None, _) => Err(UnknownOrder),
            (Some((_, figure)), None) => Ok(RowOrder::Smallest(figure)),
            (Some((_, figure)), Some(_)) => Ok(RowOrder::Largest(figure)),
        }
    }
}

impl TryFrom<String> for RowOrder {
    type Error = UnknownOrder;

    fn try_from(text: String) -> Result<Self, UnknownOrder> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_the_key_or_a_figure_either_way() {
        assert_eq!("key".parse(), Ok(RowOrder::Key));
        assert_eq!("users".parse(), Ok(RowOrder::Smallest(Figure::Users)));
        assert_eq!("-features".parse(), Ok(RowOrder::Largest(Figure::Features)));
        for order in ["key", "users", "-features"] {
            assert_eq!(order.parse::<RowOrder>().unwrap().to_string(), order);
        }
        for wrong in ["", "-", "-key", "name", "--users"] {
            assert_eq!(wrong.parse::<RowOrder>(), Err(UnknownOrder), "{wrong}");
        }
    }
}
