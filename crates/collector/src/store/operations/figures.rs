//! Figures that clients ask for.

use crate::{
    model::usage::Span,
    store::{
        answer::Answer,
        loss::LossReport,
        usage::{UsageQuestion, UsageReport},
    },
};

/// Answers questions about figures.
pub trait FigureOperations {
    /// The usage of an account; `None` when the account is unknown or not to be seen.
    fn usage(&self, question: UsageQuestion) -> Answer<'_, Option<UsageReport>>;

    /// What of the numbered events of the streams that began in a span never arrived.
    fn loss(&self, span: Span) -> Answer<'_, LossReport>;
}
