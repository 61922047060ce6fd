//! The contents of the pages of the dashboard.

pub(super) mod account;
pub(super) mod accounts;
pub(super) mod alerts;
pub(super) mod events;
pub(super) mod quality;
pub(super) mod search;
mod stream_owners;
pub(super) mod tree;
pub(super) mod user;
