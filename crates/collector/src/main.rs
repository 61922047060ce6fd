//! Receives usage events and shows usage by account.

fn main() {}
