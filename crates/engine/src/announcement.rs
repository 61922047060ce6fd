//! What a tab announces to the others.

use crate::Wall;

/// An announcement as the one number, in ms, that tabs send each other. Hosts pass it on
/// as it is. Versions that only know [`News::InUse`] ignore the others.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "typescript", derive(serde::Serialize, tsify::Tsify))]
pub struct Announcement(pub f64);

/// What an announcement says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum News {
    /// The tab came into use at this time: a positive number. Its fraction belongs to the tab,
    /// so that tabs which come into use in the same ms differ.
    InUse(Wall),
    /// The tab has counted its time up to this moment: a negative number.
    Counted(Wall),
}

/// How many different fractions of a ms an announcement can have. A number that holds a
/// time since the epoch has room for as many.
pub(crate) const ORDERS: u32 = 1024;

impl Announcement {
    pub(crate) fn new(news: News) -> Announcement {
        Announcement(match news {
            News::InUse(since) => since.0,
            News::Counted(until) => -until.0.ceil(),
        })
    }

    /// What it says.
    pub fn news(self) -> News {
        if self.0 < 0.0 {
            News::Counted(Wall(-self.0))
        } else {
            News::InUse(Wall(self.0))
        }
    }
}
