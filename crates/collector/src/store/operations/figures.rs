//! Figures for the API.

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
    /// The usage of an account; `None` when it is unknown or the caller may not see it.
    fn usage(&self, question: UsageQuestion) -> Answer<'_, Option<UsageReport>>;

    /// Reports the lost events of the streams that began in a span.
    fn loss(&self, span: Span) -> Answer<'_, LossReport>;
}
