//! The kinds of records that an account has.

use super::{note::NoteKind, rollup::FigureKind};

/// The kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// Financial records.
    Financials,
    /// Tickets, interactions, notes, and the other collections of the original API.
    Notes(NoteKind),
}

impl RecordKind {
    /// All kinds, in the order of the page.
    pub const ALL: [RecordKind; 12] = [
        RecordKind::Financials,
        RecordKind::Notes(NoteKind::SupportTickets),
        RecordKind::Notes(NoteKind::Interactions),
        RecordKind::Notes(NoteKind::Notes),
        RecordKind::Notes(NoteKind::Metrics),
        RecordKind::Notes(NoteKind::Contacts),
        RecordKind::Notes(NoteKind::Subscriptions),
        RecordKind::Notes(NoteKind::Statements),
        RecordKind::Notes(NoteKind::StageHistory),
        RecordKind::Notes(NoteKind::NpsHistory),
        RecordKind::Notes(NoteKind::DimensionValues),
        RecordKind::Notes(NoteKind::AssignedCsms),
    ];

    /// The name in paths of the API and in forms.
    pub fn name(self) -> &'static str {
        match self {
            RecordKind::Financials => "financials",
            RecordKind::Notes(kind) => kind.name(),
        }
    }

    /// Whether the records of a subtree also count for its root.
    pub fn rolls_up(self) -> bool {
        match self {
            RecordKind::Financials => FigureKind::Financials.rolls_up(),
            RecordKind::Notes(kind) => kind.figure().rolls_up(),
        }
    }
}
