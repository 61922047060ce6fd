//! The contents of the page for alerts.

use super::tree;
use crate::{
    model::{page::Page, visibility::Visibility},
    store::{
        alerts::{AlertsPage, AlertsQuestion, Choices},
        scaled::{
            alerts::{self, AlertScope},
            failure::Result,
            json,
            name_cache::NameCache,
            nodes::Nodes,
            postgres::{Tx, query},
            visible::VisibleAccounts,
        },
    },
};

/// Reads the page for alerts.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    nodes: &Nodes,
    within: &Visibility,
    page: Page,
) -> Result<AlertsPage> {
    let within = VisibleAccounts::find(tx, within).await?;
    let scope = AlertScope {
        account: None,
        within: within.root()?,
    };
    let all = AlertsQuestion::default();
    let listed = alerts::list_with_last_uses(tx, nodes, &all, scope, page);
    Ok(AlertsPage {
        alerts: listed.await?.0,
        rules: alerts::rules(tx).await?,
        webhook: alerts::webhook(tx).await?,
        messages: alerts::delivery_state(tx).await?,
        tree: tree::first_level(tx, within).await?,
    })
}

/// Reads the names of products, modules, features and dimensions.
pub(in crate::store::scaled) async fn choices(
    tx: &Tx<'_>,
    nodes: &Nodes,
    names: &NameCache,
) -> Result<Choices> {
    let mut choices = Choices {
        names: (*names.get(tx, nodes).await?).clone(),
        ..Choices::default()
    };
    let sql = "SELECT details FROM accounts WHERE NOT is_deleted AND details <> '{}'";
    for row in query(tx, sql, &[]).await? {
        choices.add(&json::object(row.get(0)));
    }
    Ok(choices)
}
