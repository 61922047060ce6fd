//! The dashboard: pages for people, rendered on the server and readable without scripts.
//! Scripts read values from the chart, change parts of a page in place and follow new events.
//!
//! **Invariant:** only `maud` makes markup, and it escapes every value. `address` escapes the
//! ids in addresses. A page loads nothing from another host, and its content security policy
//! forbids it.

mod account_fields;
mod account_header;
mod account_list;
mod account_page;
mod address;
pub(crate) mod adoption;
mod alert_tables;
pub(crate) mod alerts;
pub(crate) mod assets;
mod axis;
mod breakdown;
mod change_form;
mod chart;
mod chart_choice;
pub(crate) mod children;
pub(crate) mod delete_record;
pub(crate) mod edit_account;
pub(crate) mod edit_user;
mod edited_fields;
pub(crate) mod error;
mod format;
pub(crate) mod headers;
pub(crate) mod import;
pub(crate) mod import_form;
mod layout;
mod list_dimensions;
mod list_filter;
mod list_ranges;
mod list_times;
pub(crate) mod live;
pub(crate) mod loss;
mod money;
mod multipart;
mod new_record;
mod open_rows;
pub(crate) mod overview;
mod period;
mod period_choice;
pub(crate) mod quality;
pub(crate) mod quality_actions;
mod quality_arrival;
mod quality_done;
mod quality_page;
mod quality_usage;
mod query;
mod ranges;
pub(crate) mod records;
mod rights;
mod rule_form;
pub(crate) mod saved_views;
pub(crate) mod search;
mod selection;
mod selection_path;
mod session;
mod sheet;
pub(crate) mod sign_in;
pub(crate) mod signed_in;
mod state;
mod table;
mod table_choice;
mod table_levels;
mod totals;
pub(crate) mod tree;
pub(crate) mod usage;
pub(crate) mod user_page;
mod user_tables;
pub(crate) mod users;
mod value;
mod view;
mod webhook_form;

pub(crate) use state::Dashboard;
