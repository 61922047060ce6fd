//! Whose usage it is, and in which module and product.

use natero_event::Id;

use crate::{Millis, Mono, config::OwnedId};

/// A sign-in sets account and user by two calls, usually of one task. For this
/// long the identity between them is nobody's: a user reported with the account
/// of another would be counted there from then on.
pub(crate) const SIGN_IN: Millis = Millis(100.0);

/// The ids that events carry.
#[derive(Debug)]
pub struct Identity {
    account: Option<OwnedId>,
    user: Option<OwnedId>,
    module: Option<OwnedId>,
    product: Option<OwnedId>,
    /// When the account or the user last changed.
    changed_at: Option<Mono>,
}

/// Which of the two ids of an identity a call sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Account,
    User,
}

/// What of the identity an event was written without: it waits until both are
/// known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Missing {
    pub account: bool,
    pub user: bool,
}

impl Missing {
    pub fn any(self) -> bool {
        self.account || self.user
    }
}

fn borrowed(id: &Option<OwnedId>) -> Option<Id<'_>> {
    id.as_ref().map(OwnedId::as_id)
}

impl Identity {
    pub(crate) fn new(account: Option<OwnedId>, user: Option<OwnedId>) -> Identity {
        Identity {
            account,
            user,
            module: None,
            product: None,
            changed_at: None,
        }
    }

    /// The account, if known.
    pub fn account(&self) -> Option<Id<'_>> {
        borrowed(&self.account)
    }

    /// The user, if known.
    pub fn user(&self) -> Option<Id<'_>> {
        borrowed(&self.user)
    }

    /// The module that is set.
    pub fn module(&self) -> Option<Id<'_>> {
        borrowed(&self.module)
    }

    /// The product that is set.
    pub fn product(&self) -> Option<Id<'_>> {
        borrowed(&self.product)
    }

    pub(crate) fn subject(&self, subject: Subject) -> Option<Id<'_>> {
        match subject {
            Subject::Account => self.account(),
            Subject::User => self.user(),
        }
    }

    pub(crate) fn set_subject(&mut self, subject: Subject, id: Option<Id<'_>>, now: Mono) {
        let place = match subject {
            Subject::Account => &mut self.account,
            Subject::User => &mut self.user,
        };
        *place = id.map(OwnedId::from);
        self.changed_at = Some(now);
    }

    pub(crate) fn set_module(&mut self, id: Option<Id<'_>>) {
        self.module = id.map(OwnedId::from);
    }

    pub(crate) fn set_product(&mut self, id: Option<Id<'_>>) {
        self.product = id.map(OwnedId::from);
    }

    /// Forgets all ids, as after a logout.
    pub(crate) fn forget(&mut self) {
        self.account = None;
        self.user = None;
        self.module = None;
        self.product = None;
    }

    /// Whether the first call of a sign-in was made and the second may follow.
    pub(crate) fn is_signing_in(&self, now: Mono) -> bool {
        self.changed_at.is_some_and(|at| now - at < SIGN_IN)
    }

    pub(crate) fn missing(&self) -> Missing {
        Missing {
            account: self.account.is_none(),
            user: self.user.is_none(),
        }
    }

    /// Account and user, once both are known.
    pub(crate) fn both(&self) -> Option<(Id<'_>, Id<'_>)> {
        self.account().zip(self.user())
    }
}
