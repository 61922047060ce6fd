//! Which figures of an account go up the hierarchy. The table is the contract;
//! everything that adds something up over a subtree asks it.

use serde::Serialize;

/// What is known of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Activity,
    ProductUsage,
    Financials,
    SupportTickets,
    Interactions,
    Notes,
}

/// How far a figure goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollUp {
    /// To every higher node.
    ToEveryHigherNode,
    /// It stays with its account.
    No,
}

/// Where a figure is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Captured {
    /// At every account.
    Everywhere,
    /// Only at accounts without active accounts below them.
    AtLeaves,
}

use Captured::*;
use RollUp::*;

/// Of an account's subtree …
#[rustfmt::skip]
const RULES: [(Kind, RollUp, Captured); 6] = [
    //                     rolled up           captured
    (Kind::Activity,       ToEveryHigherNode,  AtLeaves),
    (Kind::ProductUsage,   ToEveryHigherNode,  AtLeaves),
    (Kind::Financials,     ToEveryHigherNode,  Everywhere),
    (Kind::SupportTickets, No,                 Everywhere),
    (Kind::Interactions,   No,                 Everywhere),
    (Kind::Notes,          No,                 Everywhere),
];

impl Kind {
    fn rule(self) -> (RollUp, Captured) {
        let (_, roll_up, captured) = RULES
            .into_iter()
            .find(|(kind, ..)| *kind == self)
            .expect("the table names every kind");
        (roll_up, captured)
    }

    /// Whether the figure of a node includes all below it.
    pub fn rolls_up(self) -> bool {
        self.rule().0 == ToEveryHigherNode
    }

    /// Whether the figure is taken at an account that is, or is not, a leaf.
    pub fn is_captured(self, at_leaf: bool) -> bool {
        at_leaf || self.rule().1 == Everywhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_contract() {
        let up = [Kind::Activity, Kind::ProductUsage, Kind::Financials];
        let not_up = [Kind::SupportTickets, Kind::Interactions, Kind::Notes];
        assert!(up.into_iter().all(Kind::rolls_up));
        assert!(!not_up.into_iter().any(Kind::rolls_up));
        assert!(!Kind::ProductUsage.is_captured(false));
        assert!(Kind::ProductUsage.is_captured(true));
        assert!(Kind::Financials.is_captured(false));
    }
}
