//! What handlers of the dashboard take from a request. Each refuses in the form
//! that who asked can show: a page, or an error to a script.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use rusqlite::Connection;
use serde::de::DeserializeOwned;

use super::{Dashboard, account::Shown, address::View, error, period::Period, session::SignedIn};
use crate::{
    accounts::read_of,
    app::now_ms,
    error::ApiError,
    extract::{self, Path},
    store::accounts::AccountNo,
};

/// Query parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        extract::Query::from_request_parts(parts, state)
            .await
            .map(|extract::Query(query)| Query(query))
            .map_err(|refused| error::shown(&parts.uri, refused))
    }
}

/// What somebody who is signed in wants to see of one account.
#[derive(Debug, Clone)]
pub(super) struct OfAccount {
    dashboard: Dashboard,
    pub(super) account_id: String,
    pub(super) view: View,
    pub(super) period: Period,
}

impl FromRequestParts<Dashboard> for OfAccount {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Dashboard) -> Result<Self, Response> {
        SignedIn::from_request_parts(parts, state).await?;
        let Query(view) = Query::<View>::from_request_parts(parts, state).await?;
        let period =
            Period::of(&view, now_ms()).map_err(|refused| error::shown(&parts.uri, refused))?;
        let Path(account_id) = Path::from_request_parts(parts, state)
            .await
            .map_err(|refused| error::shown(&parts.uri, refused))?;
        Ok(OfAccount {
            dashboard: state.clone(),
            account_id,
            view,
            period,
        })
    }
}

impl OfAccount {
    /// Reads something of the account.
    ///
    /// # Errors
    /// 404 where it is unknown.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Connection, AccountNo, &Self) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let asked = self.clone();
        read_of(&self.dashboard.app, &self.account_id, move |conn, no| {
            what(conn, no, &asked)
        })
        .await
    }

    /// Reads the account as its pages show it, and something of it.
    ///
    /// # Errors
    /// As [`OfAccount::read`].
    pub(super) async fn show<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Connection, &Shown, &Self) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(Shown, T), ApiError> {
        self.read(|conn, no, asked| {
            let shown = Shown::read(conn, no, &asked.account_id)?;
            let read = what(conn, &shown, asked)?;
            Ok((shown, read))
        })
        .await
    }
}
