//! Requests for a page of one account.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};

use super::{
    account_header::AccountHeader,
    error::{self, PageError},
    period::Period,
    query::Query,
    rights::Rights,
    signed_in::SignedIn,
    state::Dashboard,
    view::View,
};
use crate::{
    clock::now_ms,
    http::extract::Path,
    store::{
        Store,
        account_page::{AccountPage, AccountQuestion},
    },
};

/// A request for a page of one account, or for a fragment of such a page, by somebody who is
/// signed in.
#[derive(Debug, Clone)]
pub(crate) struct AccountRequest {
    dashboard: Dashboard,
    pub(crate) account_id: String,
    pub(crate) view: View,
    pub(crate) period: Period,
    pub(crate) rights: Rights,
}

impl FromRequestParts<Dashboard> for AccountRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Dashboard) -> Result<Self, Response> {
        let SignedIn { rights } = SignedIn::from_request_parts(parts, state).await?;
        let Query(view) = Query::<View>::from_request_parts(parts, state).await?;
        let period = state.period(&view);
        let Path(account_id) = Path::from_request_parts(parts, state)
            .await
            .map_err(|refused| error::response_for(&parts.uri, refused))?;
        Ok(AccountRequest {
            dashboard: state.clone(),
            account_id,
            view,
            period,
            rights,
        })
    }
}

impl AccountRequest {
    /// A request by somebody who submitted a form about the account.
    pub(crate) fn of(
        dashboard: &Dashboard,
        account_id: String,
        view: View,
        rights: Rights,
    ) -> Self {
        AccountRequest {
            dashboard: dashboard.clone(),
            account_id,
            period: dashboard.period(&view),
            view,
            rights,
        }
    }

    /// The account and the requester, as the store expects them.
    pub(crate) fn question(&self) -> AccountQuestion {
        AccountQuestion {
            account_id: self.account_id.clone(),
            within: self.rights.within.clone(),
            now: now_ms(),
        }
    }

    /// The store from which the pages of the account are read.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.dashboard.app.store
    }

    /// The header and the content of a page.
    ///
    /// # Errors
    /// 404 when the account is unknown, or the requester may not see it.
    pub(crate) fn shown<T>(&self, page: AccountPage<T>) -> Result<(AccountHeader, T), PageError> {
        let (header, content) = page.ok_or(PageError::NoAccount)?;
        Ok((AccountHeader::new(header, self.rights.clone()), content))
    }
}
