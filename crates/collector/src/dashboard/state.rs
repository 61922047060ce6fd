//! The state that the handlers of the dashboard share.

use std::sync::Arc;

use crate::{http::state::App, store::sqlite::name_roles::NameCache};

/// The state of the collector, as the dashboard sees it.
#[derive(Debug, Clone)]
pub(crate) struct Dashboard {
    pub(crate) app: App,
    pub(crate) names: Arc<NameCache>,
}

impl Dashboard {
    /// The dashboard of a collector.
    pub(crate) fn new(app: &App) -> Self {
        Dashboard {
            app: app.clone(),
            names: Arc::default(),
        }
    }
}
