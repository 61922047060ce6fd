//! Alerts: the page, its forms and what they do.

pub(super) mod account_alerts;
pub(crate) mod actions;
mod alert_cells;
mod alert_table;
mod done;
pub(crate) mod page;
mod rule_fields;
mod rule_form;
mod rule_table;
mod rule_words;
mod webhook_form;

/// The path of the page.
const PATH: &str = "/alerts";
