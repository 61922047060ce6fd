//! Which figures of an account roll up to its ancestors. Every sum over a
//! subtree consults the table in this module.

use serde::Serialize;

/// A kind of figure or record of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum FigureKind {
    Activity,
    ProductUsage,
    Financials,
    SupportTickets,
    Interactions,
    Notes,
}

/// Whether a figure counts for the ancestors of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollUp {
    /// It counts for every ancestor.
    ToEveryAncestor,
    /// It counts only for its own account.
    No,
}

/// At which accounts a figure is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureLevel {
    /// At every account.
    EveryAccount,
    /// Only at accounts without active children.
    LeafAccounts,
}

impl FigureKind {
    #[rustfmt::skip]
    fn rule(self) -> (RollUp, CaptureLevel) {
        use CaptureLevel::{LeafAccounts, EveryAccount};
        use RollUp::{No, ToEveryAncestor};
        match self {
            //                             rolled up        captured
            FigureKind::Activity       => (ToEveryAncestor, LeafAccounts),
            FigureKind::ProductUsage   => (ToEveryAncestor, LeafAccounts),
            FigureKind::Financials     => (ToEveryAncestor, EveryAccount),
            FigureKind::SupportTickets => (No,              EveryAccount),
            FigureKind::Interactions   => (No,              EveryAccount),
            FigureKind::Notes          => (No,              EveryAccount),
        }
    }

    /// Whether the figure of an account includes that of its whole subtree.
    pub fn rolls_up(self) -> bool {
        self.rule().0 == RollUp::ToEveryAncestor
    }

    /// Whether the figure is recorded at an account. `at_leaf` says whether the account is a
    /// leaf.
    pub fn is_captured(self, at_leaf: bool) -> bool {
        at_leaf || self.rule().1 == CaptureLevel::EveryAccount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_contract() {
        let up = [
            FigureKind::Activity,
            FigureKind::ProductUsage,
            FigureKind::Financials,
        ];
        let not_up = [
            FigureKind::SupportTickets,
            FigureKind::Interactions,
            FigureKind::Notes,
        ];
        assert!(up.into_iter().all(FigureKind::rolls_up));
        assert!(!not_up.into_iter().any(FigureKind::rolls_up));
        assert!(!FigureKind::ProductUsage.is_captured(false));
        assert!(FigureKind::ProductUsage.is_captured(true));
        assert!(FigureKind::Financials.is_captured(false));
    }
}
