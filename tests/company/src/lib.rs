//! A believable company tree with weeks of usage, as the bodies that a client would send:
//! accounts, users, events and records. It is the same for the same `now`, so that tests can
//! compare what is shown.

#![warn(missing_docs)]

mod customers;

use customers::{ACME, ACME_GROUP, ACME_USERS, CUSTOMERS, Customer, FIRST, LAST, MODULES};
use serde_json::{Value, json};

const DAY: i64 = 24 * 3_600_000;
/// Number of lines in a request to the Event API.
const BATCH: usize = 1000;

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

/// Where to post a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The Event API.
    Events,
    /// A path of the Account API.
    Account(String),
}

/// A small random generator. All that matters is that it always gives the same numbers.
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
/// `days` is how long it has been sending events: nine weeks fill the default period and the
/// previous one, with which it is compared.
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
        // The contracts renew in one to nine months, so some within the next 60 days.
        let (joined, renews) = (400 + 90 * at as i64, 33 + 60 * at as i64);
        company.add(
            customer,
            now - joined * DAY,
            now + renews * DAY,
            &mut random,
        );
    }
    company.add_acme(&mut random);
    company.add_oddities();
    company
        .events
        .sort_by_key(|event| event["created_at"].as_i64());
    company
}

/// The company's alert rules.
fn rules() -> [Value; 3] {
    [
        json!({"name": "Customers that use less", "when": "uses_down", "percent": 10, "days": 28}),
        json!({"name": "Sites that went quiet", "when": "silent", "days": 14, "level": "leaves"}),
        json!({"name": "New in freight", "when": "new_user", "product": "freight"}),
    ]
}

fn slug(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect()
}

impl Company {
    /// The requests that bring everything into a collector, in the order in which they must
    /// be sent. Each is a target and a body.
    pub fn requests(&self) -> Vec<(Target, String)> {
        let account = |path: String| Target::Account(format!("/api/v2/{path}"));
        let bulk = |records: &[Value]| json!({ "records": records }).to_string();
        let mut requests = vec![
            (account("accounts".into()), bulk(&self.accounts)),
            (account("account_users".into()), bulk(&self.users)),
        ];
        for events in self.events.chunks(BATCH) {
            let lines = events.iter().map(|event| format!("{event}\n")).collect();
            requests.push((Target::Events, lines));
        }
        for (of, kind, record) in &self.records {
            let path = account(format!("accounts/{of}/{kind}"));
            requests.push((path, record.to_string()));
        }
        // Each rule is checked at once, against everything sent before.
        for rule in rules() {
            requests.push((account("alert_rules".into()), rule.to_string()));
        }
        requests
    }

    fn add(&mut self, customer: &Customer, joined: i64, renews: i64, random: &mut Random) {
        self.accounts.push(json!({
            "account_id": customer.id, "name": customer.name, "join_date": joined,
            "hierarchy_label": "Customer", "details": {"tier": "enterprise"},
            "renewal_date": renews,
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
        for at in 0..2 + random.below(customer.users) {
            let first = FIRST[random.below(FIRST.len() as u64) as usize];
            let last = LAST[random.below(LAST.len() as u64) as usize];
            let user_id = format!(
                "{}.{}{}@{}.example",
                slug(first),
                slug(last),
                self.users.len(),
                customer.id
            );
            let role = if at == 0 { "admin" } else { "member" };
            self.add_user(site, &user_id, (first, last, role));
            self.add_usage(site, &user_id, customer.growth, random);
        }
    }

    /// Adds the account of the visitor in the example app.
    fn add_acme(&mut self, random: &mut Random) {
        let (id, name) = ACME;
        self.accounts.push(json!({
            "account_id": id, "name": name, "join_date": self.now - 200 * DAY,
            "parent_account_id": ACME_GROUP, "hierarchy_label": "Division", "details": {},
        }));
        for (user_id, first, last) in ACME_USERS {
            self.add_user(id, user_id, (first, last, "member"));
            self.add_usage(id, user_id, 4.0, random);
        }
    }

    fn add_user(&mut self, account: &str, id: &str, (first, last, role): (&str, &str, &str)) {
        self.users.push(json!({
            "user_id": id, "account_id": account, "first_name": first, "last_name": last,
            "details": {"role": role},
        }));
    }

    fn add_usage(&mut self, account: &str, user: &str, growth: f64, random: &mut Random) {
        let (now, days) = (self.now, self.days);
        // Some users are active, some come occasionally, some have stopped.
        let keen = 1 + random.below(4);
        let left = random.below(if growth < 0.0 { 4 } else { 30 }) == 0;
        for day in 0..days {
            let start = (now / DAY - days + 1 + day) * DAY;
            let is_weekend = matches!((start / DAY + 4) % 7, 0 | 6);
            let grown = 100.0 + growth * (day as f64 / 7.0);
            let wanted = keen as f64 * 14.0 * grown / 100.0;
            let is_off = is_weekend && random.below(9) > 0 || left && day + 32 > days;
            if !is_off && (random.below(100) as f64) < wanted.max(4.0) {
                self.add_session(account, user, start, random);
            }
        }
    }

    fn add_session(&mut self, account: &str, user: &str, day: i64, random: &mut Random) {
        let now = self.now;
        let start = day + (7 * 3600 + random.below(10 * 3600) as i64) * 1000;
        let session = format!("{user}-{start}");
        let mut at = start;
        let mut seq = 0;
        let mut active = 0;
        // One page in sixty loses an event.
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
                let (product, module, features, weight) =
                    MODULES[random.below(MODULES.len() as u64) as usize];
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
                    "amount": 1200 + 50 * random.below(40), "currency": customer.currency,
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

    /// Adds irregularities of real data: events for a parent account, and a user in two
    /// accounts.
    fn add_oddities(&mut self) {
        // One day ago, because pages leave out the current day until it is over.
        let now = self.now - DAY;
        for at in 0..37 {
            self.events.push(json!({
                "account_id": "meridian", "user_id": "ops@meridian.example", "session_id": "ops-1",
                "created_at": now - (at + 1) * 3_600_000, "action": "feature", "feature": "track",
                "module": "shipments", "product": "freight", "event_id": format!("ops-{at}"),
            }));
        }
        let Some(stray) = self.users.first().map(|user| user["user_id"].clone()) else {
            return;
        };
        for at in 0..12 {
            self.events.push(json!({
                "account_id": "kestrel", "user_id": stray, "session_id": "stray-1",
                "created_at": now - (at + 1) * 7_200_000, "action": "feature", "feature": "export_report",
                "module": "reports", "product": "freight", "event_id": format!("stray-{at}"),
            }));
        }
    }
}
