//! Rate limits that several collectors share.

use std::time::Duration;

use super::answer::Answer;
use crate::model::{
    keys::{KeyId, SourceId},
    rate::Rate,
};

/// Whose requests are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateSubject {
    /// A source, for its batches.
    Source(SourceId),
    /// An account key or a viewer key, for everything else.
    Key(KeyId),
}

/// The result of drawing requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateGrant {
    /// This many more requests may be sent, at any time.
    Granted(u32),
    /// No request may be sent before this time has passed.
    Exhausted(Duration),
}

/// The rate limits that all collectors on one store share.
pub trait SharedRates: Send + Sync {
    /// Draws the next [share](Rate::share) of the requests that `of` may send at a rate. Drawn
    /// requests count as sent: nothing is given back.
    fn draw(&self, of: RateSubject, rate: Rate) -> Answer<'_, RateGrant>;
}
