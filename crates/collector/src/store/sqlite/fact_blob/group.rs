//! A group of facts, and the parts of a fact in a blob.

use crate::store::sqlite::{
    facts::{Fact, FactKey, Sums},
    rows::{NameRow, SessionRow, UserRow},
};

/// Flag of a group: it has a session.
pub(in crate::store::sqlite) const HAS_SESSION: u8 = 1;

/// Flag of a group: it has a single fact, whose sums are those of the group.
pub(in crate::store::sqlite) const ONE_FACT: u8 = 1 << 1;

/// Flag of a fact: product and module are those of the previous fact in the group.
pub(in crate::store::sqlite) const SAME_PRODUCT_AND_MODULE: u8 = 1;

/// Everything that one user did in one session and one quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// Quarters of an hour since the Unix epoch.
    pub quarter: u32,
    /// The user.
    pub user: UserRow,
    /// The session, if there is one.
    pub session: Option<SessionRow>,
    /// The sums over its facts.
    pub sums: Sums,
}

/// The rows of a fact's names as the blob stores them: 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::store::sqlite) struct Names {
    pub(in crate::store::sqlite) product: u32,
    pub(in crate::store::sqlite) module: u32,
    pub(in crate::store::sqlite) feature: u32,
}

impl Names {
    /// The names of a fact.
    pub(super) fn of(key: &FactKey) -> Self {
        let number = |name: Option<NameRow>| name.map_or(0, NameRow::number);
        Names {
            product: number(key.product),
            module: number(key.module),
            feature: number(key.feature),
        }
    }

    /// The fact with these names and sums.
    #[inline]
    pub(in crate::store::sqlite) fn fact(self, group: &Group, sums: Sums) -> Fact {
        Fact {
            key: FactKey {
                quarter: group.quarter,
                user: group.user,
                session: group.session,
                product: NameRow::from_number(self.product),
                module: NameRow::from_number(self.module),
                feature: NameRow::from_number(self.feature),
            },
            sums,
        }
    }
}
