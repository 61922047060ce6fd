//! The customers, and what they use.

/// A top-level account.
pub(crate) struct Customer {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Regions with their sites.
    pub(crate) regions: &'static [(&'static str, &'static [&'static str])],
    /// Most users of a site.
    pub(crate) users: u64,
    /// The growth of usage, in percent a week.
    pub(crate) growth: f64,
    pub(crate) currency: &'static str,
}

pub(crate) const CUSTOMERS: [Customer; 5] = [
    Customer {
        id: "meridian",
        name: "Meridian Foods",
        regions: &[
            ("Nordics", &["Oslo", "Göteborg", "Tampere"]),
            ("Benelux", &["Rotterdam", "Antwerpen"]),
            ("Iberia", &["Valencia", "Porto"]),
        ],
        users: 7,
        growth: 6.0,
        currency: "EUR",
    },
    Customer {
        id: "helvetia",
        name: "Helvetia Cargo",
        regions: &[
            ("Road", &["Zürich", "Basel", "Lugano"]),
            ("Air", &["Genève"]),
        ],
        users: 9,
        growth: -5.0,
        currency: "CHF",
    },
    Customer {
        id: "orchard",
        name: "Orchard Health",
        regions: &[("Pharmacies", &["Leeds", "Bristol", "Cardiff"])],
        users: 5,
        growth: 2.0,
        currency: "GBP",
    },
    Customer {
        id: "acme-group",
        name: "Acme Group",
        regions: &[("Acme Retail", &["Hamburg", "Gdańsk"])],
        users: 4,
        growth: 4.0,
        currency: "EUR",
    },
    Customer {
        id: "kestrel",
        name: "Kestrel Couriers",
        regions: &[],
        users: 6,
        growth: 12.0,
        currency: "EUR",
    },
];

/// The account of the visitor in the example app, below [`ACME_GROUP`].
pub(crate) const ACME: (&str, &str) = ("acme", "Acme Logistics");
/// The customer that the account belongs to.
pub(crate) const ACME_GROUP: &str = "acme-group";
/// Its users: id, first and last name.
pub(crate) const ACME_USERS: [(&str, &str, &str); 2] = [
    ("ada@acme.example", "Ada", "Lindqvist"),
    ("jonas@acme.example", "Jonas", "Meyer"),
];

/// Product, module, its features (the most used first), and the weight of its usage.
pub(crate) const MODULES: [(&str, &str, &[&str], u64); 7] = [
    (
        "freight",
        "dashboard",
        &["add_widget", "refresh", "share_dashboard"],
        9,
    ),
    (
        "freight",
        "reports",
        &["export_report", "schedule_report"],
        6,
    ),
    (
        "freight",
        "shipments",
        &["search", "book", "track", "reroute"],
        8,
    ),
    ("warehouse", "dashboard", &["refresh", "add_widget"], 7),
    (
        "warehouse",
        "stock",
        &["search", "count_cycle", "move_bin"],
        6,
    ),
    (
        "warehouse",
        "reports",
        &["export_report", "schedule_report"],
        3,
    ),
    ("customs", "declarations", &["submit", "amend"], 2),
];

pub(crate) const FIRST: [&str; 24] = [
    "Ada", "Björn", "Chloé", "Dmitri", "Elif", "Fatima", "Grace", "Hugo", "Ines", "Jonas", "Kaito",
    "Lena", "Mateo", "Nora", "Omar", "Priya", "Quentin", "Rosa", "Sven", "Tara", "Uma", "Viktor",
    "Wen", "Zoe",
];

pub(crate) const LAST: [&str; 23] = [
    "Andersen",
    "Bianchi",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Peeters",
    "Quist",
    "Rossi",
    "Silva",
    "Tanaka",
    "Usman",
    "Virtanen",
    "Weber",
];
