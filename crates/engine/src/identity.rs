//! Whose usage it is, and in which module and product it happens.

use natero_event::Id;

use crate::{Millis, Mono, config::OwnedId};

/// A sign-in sets account and user by two calls, usually in one task. For this long after
/// the first call, active time and waiting events are not attributed to the new identity.
/// A user reported with somebody else's account would be counted there from then on.
pub const SIGN_IN: Millis = Millis(100.0);

/// The ids that events carry.
#[derive(Debug)]
pub struct Identity {
    account: Option<OwnedId>,
    user: Option<OwnedId>,
    module: Option<OwnedId>,
    product: Option<OwnedId>,
    /// When the account and the user last changed.
    account_changed_at: Mono,
    user_changed_at: Mono,
    /// An account is known, or was known since the last logout. Until then, every user
    /// belongs to the first account that becomes known.
    had_account: bool,
    /// Increased when an identity ends that may have had an account.
    generation: u32,
    /// When the first half of a sign-in began a session. The second half continues that
    /// session.
    session_began_at: Mono,
}

/// Which of the two ids a call sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Account,
    User,
}

/// What setting an id means for the events that wait for an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityChange {
    /// The first account became known. It applies to all users so far.
    AccountKnown,
    /// An id was added, or replaced while there was no account yet.
    Extended,
    /// An identity ended: the events that waited for its missing half will never get it.
    Ended,
}

/// Which ids were unknown when an event was recorded. The event waits until both are
/// known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Missing {
    pub account: bool,
    pub user: bool,
    /// The generation of the identity. A later generation is somebody else.
    pub generation: u32,
}

impl Missing {
    pub fn any(self) -> bool {
        self.account || self.user
    }

    /// Whether the account is known and the user is not.
    pub fn has_account_alone(self) -> bool {
        self.user && !self.account
    }
}

fn is_recent(changed_at: Mono, now: Mono) -> bool {
    now - changed_at < SIGN_IN
}

fn borrowed(id: &Option<OwnedId>) -> Option<Id<'_>> {
    id.as_ref().map(OwnedId::as_id)
}

impl Identity {
    pub(crate) fn new(account: Option<OwnedId>, user: Option<OwnedId>) -> Identity {
        Identity {
            had_account: account.is_some(),
            account,
            user,
            module: None,
            product: None,
            account_changed_at: Mono::LONG_AGO,
            user_changed_at: Mono::LONG_AGO,
            generation: 0,
            session_began_at: Mono::LONG_AGO,
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

    /// Sets the account or the user. Returns what that means for the events that wait.
    pub(crate) fn set_subject(
        &mut self,
        subject: Subject,
        id: Option<Id<'_>>,
        now: Mono,
    ) -> IdentityChange {
        let (current, changed_at) = match subject {
            Subject::Account => (&mut self.account, &mut self.account_changed_at),
            Subject::User => (&mut self.user, &mut self.user_changed_at),
        };
        let earlier = std::mem::replace(current, id.map(OwnedId::from));
        *changed_at = now;
        if !self.had_account {
            self.had_account = self.account.is_some();
            return if self.had_account {
                IdentityChange::AccountKnown
            } else {
                IdentityChange::Extended
            };
        }
        if earlier.is_none() {
            return IdentityChange::Extended;
        }
        self.generation += 1;
        IdentityChange::Ended
    }

    pub(crate) fn set_module(&mut self, id: Option<Id<'_>>) {
        self.module = id.map(OwnedId::from);
    }

    pub(crate) fn set_product(&mut self, id: Option<Id<'_>>) {
        self.product = id.map(OwnedId::from);
    }

    /// Forgets all ids, as on logout.
    pub(crate) fn forget(&mut self) {
        self.account = None;
        self.user = None;
        self.module = None;
        self.product = None;
        self.had_account = false;
        self.generation += 1;
    }

    /// Whether the first call of a sign-in was made recently, so that the second may
    /// follow.
    pub(crate) fn is_signing_in(&self, now: Mono) -> bool {
        is_recent(self.account_changed_at, now) || is_recent(self.user_changed_at, now)
    }

    /// Whether a call that sets `subject` now is the second half of a sign-in.
    pub(crate) fn is_second_half(&self, subject: Subject, now: Mono) -> bool {
        let other = match subject {
            Subject::Account => self.user_changed_at,
            Subject::User => self.account_changed_at,
        };
        is_recent(other, now)
    }

    /// Whether a changed id starts a new session. The second half of a sign-in does not:
    /// it continues the session that the first half started. Any further change does.
    pub(crate) fn begins_session(&mut self, is_second_half: bool, now: Mono) -> bool {
        let began_at = std::mem::replace(&mut self.session_began_at, Mono::LONG_AGO);
        let begins = !(is_second_half && is_recent(began_at, now));
        if begins {
            self.session_began_at = now;
        }
        begins
    }

    /// When the account and the user are sure to belong together. That takes until
    /// [`SIGN_IN`] has passed, if only the first call of a sign-in was made.
    /// [`Mono::NEVER`]: they do now.
    pub(crate) fn settles_at(&self, now: Mono) -> Mono {
        let (account, user) = (self.account_changed_at, self.user_changed_at);
        if is_recent(account, now) == is_recent(user, now) {
            return Mono::NEVER;
        }
        account.max(user) + SIGN_IN
    }

    /// Which generation of the identity this is.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    pub(crate) fn missing(&self) -> Missing {
        Missing {
            account: self.account.is_none(),
            user: self.user.is_none(),
            generation: self.generation,
        }
    }

    /// Account and user, if both are known.
    pub(crate) fn both(&self) -> Option<(Id<'_>, Id<'_>)> {
        self.account().zip(self.user())
    }
}
