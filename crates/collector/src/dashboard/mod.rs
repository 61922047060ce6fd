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
pub(crate) mod alerts;
pub(crate) mod assets;
mod breakdown;
mod change_form;
mod chart;
pub(crate) mod children;
pub(crate) mod edit_account;
pub(crate) mod edit_user;
mod edited_fields;
pub(crate) mod error;
mod format;
pub(crate) mod headers;
pub(crate) mod import;
pub(crate) mod import_form;
mod layout;
mod list_level;
pub(crate) mod live;
pub(crate) mod loss;
mod money;
mod multipart;
mod open_rows;
pub(crate) mod overview;
mod period;
mod period_choice;
pub(crate) mod quality;
mod query;
mod ranges;
pub(crate) mod records;
mod rights;
pub(crate) mod saved_views;
pub(crate) mod search;
mod selection;
mod selection_path;
mod session;
mod share_bar;
mod sheet;
pub(crate) mod sign_in;
pub(crate) mod signed_in;
mod state;
mod table;
mod totals;
pub(crate) mod tree;
pub(crate) mod usage;
pub(crate) mod user_page;
mod user_tables;
pub(crate) mod users;
mod value;
mod view;

pub(crate) use state::Dashboard;
