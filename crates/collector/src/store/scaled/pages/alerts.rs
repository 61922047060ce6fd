//! What the page for alerts shows.

use super::tree;
use crate::{
    model::{page::Page, visibility::Visibility},
    store::{
        alerts::{AlertsPage, AlertsQuestion},
        scaled::{
            alerts::{self, AlertScope},
            failure::Result,
            postgres::Tx,
            visible::Within,
        },
    },
};

/// Reads the page for alerts.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    within: &Visibility,
    page: Page,
) -> Result<AlertsPage> {
    let within = Within::find(tx, within).await?;
    let scope = AlertScope {
        account: None,
        within: within.root()?,
    };
    Ok(AlertsPage {
        alerts: alerts::list(tx, &AlertsQuestion::default(), scope, page)
            .await?
            .0,
        rules: alerts::rules(tx).await?,
        webhook: alerts::webhook(tx).await?,
        messages: alerts::standing(tx).await?,
        tree: tree::first_level(tx, within).await?,
    })
}
