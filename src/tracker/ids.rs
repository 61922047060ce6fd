//! The ids that events carry now.

use natero_event::Id;

use super::Tracker;

/// The ids that events carry now. `None`: not known, or nothing is tracked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ids {
    pub account: Option<String>,
    pub user: Option<String>,
    pub module: Option<String>,
    pub product: Option<String>,
    pub session: Option<String>,
    pub visitor: Option<String>,
}

impl Tracker {
    /// Returns the account, if known.
    pub fn account_id(&self) -> Option<String> {
        self.ids().account
    }

    /// Returns the user, if known.
    pub fn user_id(&self) -> Option<String> {
        self.ids().user
    }

    /// Returns the current module.
    pub fn module_id(&self) -> Option<String> {
        self.ids().module
    }

    /// Returns the current product.
    pub fn product_id(&self) -> Option<String> {
        self.ids().product
    }

    /// Returns the session, which all tabs of the visitor share, or `None` where nothing
    /// is tracked.
    pub fn session_id(&self) -> Option<String> {
        self.ids().session
    }

    /// Returns the visitor, or `None` where nothing is tracked.
    pub fn visitor_id(&self) -> Option<String> {
        self.ids().visitor
    }

    pub(crate) fn ids(&self) -> Ids {
        let ids = self.instance().and_then(|(instance, _)| {
            instance.host.ask(|engine| {
                let owned = |id: Option<Id<'_>>| id.map(|id| id.as_str().to_owned());
                let identity = engine.identity();
                Ids {
                    account: owned(identity.account()),
                    user: owned(identity.user()),
                    module: owned(identity.module()),
                    product: owned(identity.product()),
                    session: Some(engine.session().id().to_owned()),
                    visitor: Some(engine.session().visitor().to_owned()),
                }
            })
        });
        ids.unwrap_or_default()
    }
}
