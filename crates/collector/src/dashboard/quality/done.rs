//! What the buttons of the data-quality page have done. The section of a button says so, since
//! the address that the browser opens next leads to it.

/// What a button has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// A user was moved to another account.
    Moved,
    /// A parent has a name.
    Named,
    /// A parent was to be named with spaces only.
    BlankName,
    /// An account with usage has a name.
    NamedUsed,
    /// An account with usage was to be named with spaces only.
    BlankNameOfUsed,
    /// An account was removed.
    Removed,
    /// An account was not removed, because it was gone or something refers to it.
    NotRemoved,
    /// The events of a stream were taken back.
    TakenBack,
    /// The list of refused lines was cleared.
    Cleared,
}

impl Done {
    const ALL: [Done; 9] = [
        Done::Moved,
        Done::Named,
        Done::BlankName,
        Done::NamedUsed,
        Done::BlankNameOfUsed,
        Done::Removed,
        Done::NotRemoved,
        Done::TakenBack,
        Done::Cleared,
    ];

    /// The action with this name in an address.
    pub(super) fn named(name: &str) -> Option<Self> {
        Done::ALL.into_iter().find(|done| done.name() == name)
    }

    /// The name in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Done::Moved => "moved",
            Done::Named => "named",
            Done::BlankName => "blank-name",
            Done::NamedUsed => "named-used",
            Done::BlankNameOfUsed => "blank-name-of-used",
            Done::Removed => "removed",
            Done::NotRemoved => "not-removed",
            Done::TakenBack => "taken-back",
            Done::Cleared => "cleared",
        }
    }

    /// The id of the section that has the button.
    pub(super) fn section(self) -> &'static str {
        match self {
            Done::Moved => "conflicts",
            Done::Named | Done::BlankName => "phantoms",
            Done::NamedUsed | Done::BlankNameOfUsed => "nameless",
            Done::Removed | Done::NotRemoved => "undescribed",
            Done::TakenBack => "implausible",
            Done::Cleared => "refusals",
        }
    }

    /// What the section says.
    pub(super) fn words(self) -> &'static str {
        match self {
            Done::Moved => {
                "The user is moved; the events count now. “Edit” on the page of the user moves the user again."
            }
            Done::Named | Done::NamedUsed => "The account has a name.",
            Done::BlankName | Done::BlankNameOfUsed => {
                "Nothing has changed: a name is more than spaces."
            }
            Done::Removed => "The account is removed.",
            Done::NotRemoved => {
                "Nothing has changed: the account is gone, or something names it by now."
            }
            Done::TakenBack => "All that the stream had sent is taken back.",
            Done::Cleared => "The refused lines are forgotten; new ones will be counted.",
        }
    }
}
