//! A believable company tree with weeks of usage, as the bodies that a client
//! would send: accounts, users, events and records. The same for the same
//! `now`, so that what is shown of it can be compared.

use serde_json::{Value, json};

const DAY: i64 = 24 * 3_600_000;
/// Everything to be sent, in this order.
pub struct Company {
    /// Records for `POST /api/v2/accounts`.
    pub accounts: Vec<Value>,
    /// Records for `POST /api/v2/account_users`.
    pub users: Vec<Value>,
    /// Lines for the Event API.
    pub events: Vec<Value>,
    /// Account, kind and record for `POST /api/v2/accounts/{id}/{kind}`.
    pub records: Vec<(String, &'static str, Value)>,
    now: i64,
    days: i64,
}

struct Customer {
    id: &'static str,
    name: &'static str,
    /// Regions with their sites.
    regions: &'static [(&'static str, &'static [&'static str])],
    /// How many users a site has.
    users: u64,
    /// How usage develops over the weeks, in percent a week.
    growth: f64,
}

const CUSTOMERS: [Customer; 4] = [
    Customer {
        id: "northwind",
        name: "Northwind Logistics",
        regions: &[
            ("Nordics", &["Oslo", "Göteborg", "Tampere"]),
            ("Benelux", &["Rotterdam", "Antwerpen"]),
            ("Iberia", &["Valencia", "Porto"]),
        ],
        users: 7,
        growth: 6.0,
    },
    Customer {
        id: "helvetia-bank",
        name: "Helvetia Kantonalbank",
        regions: &[
            ("Retail", &["Zürich", "Basel", "Lugano"]),
            ("Private banking", &["Genève"]),
        ],
        users: 9,
        growth: -5.0,
    },
    Customer {
        id: "orchard",
        name: "Orchard Health",
        regions: &[("Clinics", &["Leeds", "Bristol", "Cardiff"])],
        users: 5,
        growth: 2.0,
    },
    Customer {
        id: "kestrel",
        name: "Kestrel Analytics",
        regions: &[],
        users: 6,
        growth: 12.0,
    },
];

const MODULES: [(&str, &str, &[&str], u64); 6] = [
    (
        "studio",
        "dashboards",
        &["add_widget", "share", "export_pdf", "duplicate"],
        9,
    ),
    ("studio", "reports", &["run", "schedule", "export_csv"], 6),
    ("studio", "alerts", &["create", "acknowledge"], 3),
    ("viewer", "library", &["open", "search", "favourite"], 7),
    ("viewer", "presentation", &["start", "annotate"], 2),
    ("connect", "sources", &["sync", "map_fields"], 2),
];

const FIRST: [&str; 24] = [
    "Ada", "Björn", "Chloé", "Dmitri", "Elif", "Fatima", "Grace", "Hugo", "Ines", "Jonas", "Kaito",
    "Lena", "Mateo", "Nora", "Omar", "Priya", "Quentin", "Rosa", "Sven", "Tara", "Uma", "Viktor",
    "Wen", "Zoe",
];
const LAST: [&str; 23] = [
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

/// A small generator: what matters is that it gives the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}

/// The company as it would be at `now`.
///
/// `days` is how long it has been sending: nine weeks fill the usual period and
/// the one that it is compared with.
pub fn company(now: i64, days: i64) -> Company {
    let mut random = Random(20_240_501);
    let mut company = Company {
        accounts: Vec::new(),
        users: Vec::new(),
        events: Vec::new(),
        records: Vec::new(),
        now,
        days,
    };
    for (at, customer) in CUSTOMERS.iter().enumerate() {
        company.add(customer, now - (400 + 90 * at as i64) * DAY, &mut random);
    }
    company.oddities();
    company
        .events
        .sort_by_key(|event| event["created_at"].as_i64());
    company
}

fn slug(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect()
}

impl Company {
    fn add(&mut self, customer: &Customer, joined: i64, random: &mut Random) {
        self.accounts.push(json!({
            "account_id": customer.id, "name": customer.name, "join_date": joined,
            "hierarchy_label": "Customer", "details": {"tier": "enterprise"},
        }));
        let mut sites = Vec::new();
        for (region, cities) in customer.regions {
            let region_id = format!("{}-{}", customer.id, slug(region));
            self.accounts.push(json!({
                "account_id": region_id, "name": region, "join_date": joined,
                "parent_account_id": customer.id, "hierarchy_label": "Region", "details": {},
            }));
            for city in *cities {
                let site_id = format!("{region_id}-{}", slug(city));
                self.accounts.push(json!({
                    "account_id": site_id, "name": city, "join_date": joined,
                    "parent_account_id": region_id, "hierarchy_label": "Site", "details": {},
                }));
                sites.push(site_id);
            }
        }
        if sites.is_empty() {
            sites.push(customer.id.to_owned());
        }
        for site in &sites {
            self.add_site(site, customer, random);
        }
        self.add_records(customer, &sites, self.now, random);
    }

    fn add_site(&mut self, site: &str, customer: &Customer, random: &mut Random) {
        let (now, days) = (self.now, self.days);
        let users = 2 + random.below(customer.users);
        for at in 0..users {
            let first = FIRST[random.below(FIRST.len() as u64) as usize];
            let last = LAST[random.below(LAST.len() as u64) as usize];
            let user_id = format!(
                "{}.{}{}@{}.example",
                slug(first),
                slug(last),
                self.users.len(),
                customer.id
            );
            self.users.push(json!({
                "user_id": user_id, "account_id": site, "first_name": first, "last_name": last,
                "details": {"role": if at == 0 { "admin" } else { "member" }},
            }));
            // Some are keen, some look in now and then, some have left off.
            let keen = 1 + random.below(4);
            let left = random.below(if customer.growth < 0.0 { 4 } else { 30 }) == 0;
            for day in 0..days {
                let start = (now / DAY - days + 1 + day) * DAY;
                let is_weekend = matches!((start / DAY + 4) % 7, 0 | 6);
                let grown = 100.0 + customer.growth * (day as f64 / 7.0);
                let wanted = keen as f64 * 14.0 * grown / 100.0;
                let is_off = is_weekend && random.below(9) > 0 || left && day + 32 > days;
                if !is_off && (random.below(100) as f64) < wanted.max(4.0) {
                    self.add_session(site, &user_id, start, now, random);
                }
            }
        }
    }

    fn add_session(&mut self, account: &str, user: &str, day: i64, now: i64, random: &mut Random) {
        let start = day + (7 * 3600 + random.below(10 * 3600) as i64) * 1000;
        let session = format!("{user}-{start}");
        let mut at = start;
        let mut seq = 0;
        let mut active = 0;
        // One page in sixty loses something on the way.
        let lossy = random.below(60) == 0;
        let mut push = |company: &mut Company, at: i64, fields: Value, is_lost: bool| {
            let mut event = json!({
                "account_id": account, "user_id": user, "session_id": session,
                "created_at": at, "event_id": format!("{session}-{seq}"),
                "stream_id": format!("page-{session}"), "seq": seq,
            });
            if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
                event.extend(fields);
            }
            seq += 1;
            if at < now && !is_lost {
                company.events.push(event);
            }
        };
        for _ in 0..1 + random.below(3) {
            let (product, module, features) = loop {
                let (product, module, features, weight) = MODULES[random.below(6) as usize];
                if random.below(9) < weight {
                    break (product, module, features);
                }
            };
            let minutes = 2 + random.below(24) as i64;
            for _ in 0..1 + random.below(6) {
                let feature =
                    features[random.below(features.len() as u64).min(random.below(9)) as usize];
                at += 1000 + random.below(60_000) as i64;
                let is_lost = lossy && random.below(6) == 0;
                push(
                    self,
                    at,
                    json!({"action": "feature", "feature": feature, "module": module, "product": product, "total": 1}),
                    is_lost,
                );
            }
            at += minutes * 60_000;
            active += minutes * 60_000 + random.below(40_000) as i64;
            push(
                self,
                at,
                json!({"action": "moduleEnd", "module": module, "product": product, "time_spent": minutes * 60_000}),
                false,
            );
        }
        push(
            self,
            at + 500,
            json!({"action": "sessionSync", "active_duration": active}),
            false,
        );
    }

    fn add_records(
        &mut self,
        customer: &Customer,
        sites: &[String],
        now: i64,
        random: &mut Random,
    ) {
        for site in sites {
            for month in 0..3 {
                self.records.push((site.clone(), "financials", json!({
                    "id": format!("mrr-{month}"), "date": now - (month * 30 + 2) * DAY, "name": "mrr",
                    "amount": 1200 + 50 * random.below(40), "currency": if customer.id == "helvetia-bank" { "CHF" } else { "EUR" },
                })));
            }
        }
        let customer = customer.id.to_owned();
        for (kind, record) in [
            (
                "support_tickets",
                json!({"id": "t1", "date": now - 3 * DAY, "subject": "Export stops at 10,000 rows", "status": "open", "priority": "high"}),
            ),
            (
                "support_tickets",
                json!({"id": "t2", "date": now - 19 * DAY, "subject": "SSO: new users land on an empty page", "status": "solved", "priority": "normal"}),
            ),
            (
                "interactions",
                json!({"id": "i1", "date": now - 6 * DAY, "subject": "Quarterly review", "channel": "call", "with": "Head of operations"}),
            ),
            (
                "interactions",
                json!({"id": "i2", "date": now - 34 * DAY, "subject": "Training for new sites", "channel": "on site"}),
            ),
            (
                "notes",
                json!({"id": "n1", "date": now - 5 * DAY, "text": "Wants scheduled reports before the renewal; two more sites go live in spring."}),
            ),
        ] {
            self.records.push((customer.clone(), kind, record));
        }
    }

    /// What real data has: events for an account that is no leaf, a user under
    /// two accounts, a name that is markup.
    fn oddities(&mut self) {
        let now = self.now;
        for at in 0..37 {
            self.events.push(json!({
                "account_id": "northwind", "user_id": "ops@northwind.example", "session_id": "ops-1",
                "created_at": now - (at + 1) * 3_600_000, "action": "feature", "feature": "open",
                "module": "library", "product": "viewer", "event_id": format!("ops-{at}"),
            }));
        }
        let Some(stray) = self.users.first().map(|user| user["user_id"].clone()) else {
            return;
        };
        for at in 0..12 {
            self.events.push(json!({
                "account_id": "kestrel", "user_id": stray, "session_id": "stray-1",
                "created_at": now - (at + 1) * 7_200_000, "action": "feature", "feature": "run",
                "module": "reports", "product": "studio", "event_id": format!("stray-{at}"),
            }));
        }
        self.accounts.push(json!({
            "account_id": "markup", "name": "<script>alert(1)</script>", "join_date": now - 9 * DAY,
            "details": {},
        }));
    }
}
