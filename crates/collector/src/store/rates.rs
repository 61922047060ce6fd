//! Requests that several collectors count together.

use std::time::Duration;

use super::answer::Answer;
use crate::model::{
    keys::{KeyId, SourceId},
    rate::Rate,
};

/// Whose requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limited {
    /// A source, for its batches.
    Source(SourceId),
    /// An account key or a viewer key, for everything else.
    Key(KeyId),
}

/// Requests that were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// So many more may be taken, at any time.
    Granted(u32),
    /// None before this time has passed.
    Exhausted(Duration),
}

/// Where several collectors on one store count requests together.
pub trait SharedRates: Send + Sync {
    /// Draws the next [share](Rate::share) of the requests that a key may send at a rate. What
    /// is drawn counts as sent: nothing is given back.
    fn draw(&self, of: Limited, rate: Rate) -> Answer<'_, Drawn>;
}
