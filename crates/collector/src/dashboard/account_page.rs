//! Requests for a page of one account.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use rusqlite::Connection;

use super::{
    account_header::AccountHeader, error, period::Period, query::Query, rights::Rights,
    signed_in::SignedIn, state::Dashboard, view::View,
};
use crate::{
    clock::now_ms,
    http::{
        api::{
            accounts::{Accounts, read_account},
            resource::Resource,
        },
        error::ApiError,
        extract::Path,
    },
    store::sqlite::{name_roles::NameCache, rows::AccountRow},
};

/// A request for a page, or a fragment of a page, of one account, by somebody who
/// is signed in.
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
        let period = Period::of(&view, now_ms(), &state.app.config.timezone);
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
    /// The names that events have had.
    pub(crate) fn names(&self) -> &NameCache {
        &self.dashboard.names
    }

    /// Runs a query about the account.
    ///
    /// # Errors
    /// 404 when the account is unknown, or not to be seen.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection, AccountRow, &Self) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let request = self.clone();
        let found = read_account(
            &self.dashboard.app,
            &self.account_id,
            move |conn, account| {
                if !request.rights.see(conn, account)? {
                    return Ok(None);
                }
                query(conn, account, &request).map(Some)
            },
        )
        .await?;
        found.ok_or_else(|| Accounts::not_found(&self.account_id))
    }

    /// Reads the header of the account's pages and runs a query.
    ///
    /// # Errors
    /// As [`AccountRequest::read`].
    pub(crate) async fn show<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection, &AccountHeader, &Self) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(AccountHeader, T), ApiError> {
        self.read(|conn, account, request| {
            let header = AccountHeader::read(conn, account, request.rights, &request.account_id)?;
            let answer = query(conn, &header, request)?;
            Ok((header, answer))
        })
        .await
    }
}
