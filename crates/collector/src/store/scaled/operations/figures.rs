//! Figures for the API.

use super::{ask, read};
use crate::{
    model::usage::Span,
    store::{
        answer::Answer,
        loss::LossReport,
        operations::FigureOperations,
        scaled::{ScaledStore, figures, streams},
        usage::{UsageQuestion, UsageReport},
    },
};

impl FigureOperations for ScaledStore {
    fn usage(&self, question: UsageQuestion) -> Answer<'_, Option<UsageReport>> {
        ask!(self, tx => figures::usage(tx, &self.nodes, &question).await?)
    }

    fn loss(&self, span: Span) -> Answer<'_, LossReport> {
        read!(self, tx => streams::loss(tx, span).await?)
    }
}
