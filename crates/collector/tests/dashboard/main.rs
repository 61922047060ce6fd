//! The dashboard, as a browser receives it.
#![allow(missing_docs)]

mod account_list;
mod addresses;
mod arrival;
mod by_hand;
mod company;
mod deactivated;
mod edit;
mod edit_user;
mod figures;
mod figures_of_data;
mod figures_of_money;
mod figures_of_user;
mod import;
mod large;
mod money;
mod people;
mod quality;
mod quality_accounts;
mod ranges;
mod records;
mod safety;
mod signing_in;
mod sums;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod tree;
mod usage;
mod viewers;
