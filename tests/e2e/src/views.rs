//! All views of the dashboard, for tests that apply to each of them.

/// A view: its name in files and messages, its address, and a text that it must show.
pub type View = (&'static str, &'static str, &'static str);

/// All views, for the company in the stage's collector.
pub const VIEWS: [View; 23] = [
    ("accounts", "/", "Meridian Foods"),
    (
        "accounts-filtered",
        "/?level=all&product=freight&d.tier=enterprise",
        "Tier: enterprise",
    ),
    ("accounts-ranges", "/?from.mrr=1000", "MRR: from 1,000"),
    ("search", "/?search=porto", "Porto"),
    ("account", "/accounts/meridian", "Feature uses"),
    (
        "account-weeks",
        "/accounts/helvetia?range=90d&bars=week&metric=users",
        "Active users",
    ),
    (
        "account-module",
        "/accounts/meridian?product=freight&module=shipments",
        "Features",
    ),
    (
        "account-empty",
        "/accounts/meridian?rollup=false",
        "No usage in this period",
    ),
    ("below", "/accounts/meridian/below", "Rotterdam"),
    ("users", "/accounts/meridian/users", "active user"),
    (
        "adoption",
        "/accounts/meridian-iberia-porto/adoption",
        "in use here",
    ),
    ("records", "/accounts/meridian/records", "Quarterly review"),
    (
        "account-events",
        "/accounts/meridian-iberia-porto/events",
        "Events as they arrive",
    ),
    ("user", "/users/ada@acme.example", "Ada Lindqvist"),
    ("alerts", "/alerts", "Customers that use less"),
    ("events", "/events", "Live events"),
    ("quality", "/quality?range=all", "and how to fix it"),
    ("import", "/import", "What the lines are"),
    ("edit", "/accounts/kestrel/edit", "Edit Kestrel Couriers"),
    (
        "edit-user",
        "/users/ada@acme.example/edit",
        "Edit Ada Lindqvist",
    ),
    ("loss", "/loss?range=all", "Loss report"),
    ("missing", "/accounts/nobody", "There is no such account"),
    ("no-user", "/users/nobody", "There is no such user"),
];
