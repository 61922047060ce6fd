//! Refused lines, lost events, and streams that are implausible.

use maud::{Markup, html};

use crate::{
    dashboard::{
        format,
        quality::page::{PATH, Page},
        table::{Table, choice::Sort, column::Column},
        value::Value,
    },
    store::{
        loss::{ImplausibleStream, StreamOwner},
        quality::{AccountLoss, Refusal},
    },
};

impl Page<'_> {
    pub(super) fn refusals(self, refusals: Vec<Refusal>) -> Markup {
        let zone = self.zone;
        let lines: i64 = refusals.iter().map(|of| of.lines).sum();
        let table = Table::new(
            "refusals",
            "Refused lines",
            Sort::down("lines"),
            PATH,
            self.view,
        )
        .with(Column::text("reason", "Why", |of: &Refusal| {
            Value::Text(of.reason.clone())
        }))
        .with(Column::text("source", "Source", |of: &Refusal| {
            Value::Text(of.source.clone())
        }))
        .with(Column::text("account", "Account", |of: &Refusal| {
            Value::text(of.account_id.clone())
        }))
        .with(Column::number("lines", "Lines", |of: &Refusal| {
            Value::Count(of.lines)
        }))
        .with(Column::number("since", "Since", move |of: &Refusal| {
            Value::time(of.first_at, zone)
        }))
        .with(Column::number("last", "Last", move |of: &Refusal| {
            Value::time(of.last_at, zone)
        }));
        let heading = format!("{} refused", format::count(lines, "line", "lines"));
        let words = "Lines of batches that could not be stored, over all time. The reason says what to \
                     change in what sends them.";
        let is_empty = refusals.is_empty();
        let table = html! {
            (self.sheet.table(&table, refusals))
            @if self.rights.may_change {
                form method="post" action=(self.view.at("/quality/clear-refusals")) {
                    button .button type="submit" { "The causes are fixed: clear the list" }
                }
            }
        };
        let without = "Every line could be stored, or the causes are fixed.";
        self.section("refusals", &heading, words, without, is_empty, table)
    }

    /// Renders the losses. `missing` counts the events of all streams; `losses` has the
    /// accounts of the streams that miss most.
    pub(super) fn losses(self, losses: Vec<AccountLoss>, missing: i64) -> Markup {
        let zone = self.zone;
        let table = Table::new(
            "losses",
            "Losses by account",
            Sort::down("missing"),
            PATH,
            self.view,
        )
        .with(
            Column::text("account", "Account", |of: &AccountLoss| {
                Value::text(of.account_name.clone().or_else(|| of.account_id.clone()))
            })
            .shown(move |of| match &of.account_id {
                Some(id) => self.account_link(id, of.account_name.as_ref()),
                None => html! { span .zero { "unknown" } },
            })
            .meaning("The account that the first event of a stream names."),
        )
        .with(Column::number("missing", "Missing", |of: &AccountLoss| {
            Value::Count(of.missing)
        }))
        .with(
            Column::number("share", "Share", |of: &AccountLoss| {
                Value::Share(of.missing as f64 / of.made.max(1) as f64)
            })
            .meaning("Of the events that the streams with losses made."),
        )
        .with(Column::number("streams", "Streams", |of: &AccountLoss| {
            Value::Count(of.streams)
        }))
        .with(Column::number("users", "Users", |of: &AccountLoss| {
            Value::Count(of.users as i64)
        }))
        .with(Column::number("since", "Since", move |of: &AccountLoss| {
            Value::day(Some(of.first_at), zone)
        }))
        .with(
            Column::text("account_id", "Account id", |of: &AccountLoss| {
                Value::text(of.account_id.clone())
            })
            .only_in_csv(),
        );
        let heading = format!("{} missing", format::count(missing, "event", "events"));
        let words = "Events that pages numbered and that never came. One network or one browser extension \
                     often loses most of them. Accounts are of the streams that miss most.";
        let is_empty = losses.is_empty();
        let table = self.sheet.table(&table, losses);
        let without = "Every event that pages numbered in the period has arrived.";
        self.section("losses", &heading, words, without, is_empty, table)
    }

    pub(super) fn implausible(
        self,
        streams: Vec<(ImplausibleStream, Option<StreamOwner>)>,
        all: i64,
    ) -> Markup {
        type Owned = (ImplausibleStream, Option<StreamOwner>);
        let zone = self.zone;
        let mut table = Table::new(
            "implausible",
            "Implausible streams",
            Sort::down("numbered"),
            PATH,
            self.view,
        )
        .with(
            Column::text("stream", "Stream", |(of, _): &Owned| {
                Value::Text(of.stream_id.clone())
            })
            .shown(|(of, _)| html! { code { (of.stream_id) } }),
        )
        .with(
            Column::text("account", "Account", |(_, owner): &Owned| {
                Value::text(owner.as_ref().map(|owner| owner.account_id.clone()))
            })
            .shown(move |(_, owner)| match owner {
                Some(owner) => self.account_link(&owner.account_id, owner.account_name.as_ref()),
                None => html! { span .zero { "unknown" } },
            }),
        )
        .with(
            Column::text("user", "User", |(_, owner): &Owned| {
                Value::text(owner.as_ref().map(|owner| owner.user_id.clone()))
            })
            .shown(move |(_, owner)| match owner {
                Some(owner) => self.user_link(&owner.user_id),
                None => html! { span .zero { "unknown" } },
            }),
        )
        .with(Column::number("numbered", "Numbered", |(of, _): &Owned| {
            Value::Count(of.numbered)
        }))
        .with(Column::number("received", "Received", |(of, _): &Owned| {
            Value::Count(of.received)
        }))
        .with(Column::number(
            "since",
            "Since",
            move |(_, owner): &Owned| Value::day(owner.as_ref().map(|owner| owner.first_at), zone),
        ));
        if self.rights.may_change {
            table = table.with(
                Column::action("fix", "Fix", move |(of, _): &Owned| {
                    html! {
                        // A second button takes back, so that a single click never does.
                        details .delete {
                            summary .button { "Take back what it sent" span .hidden { ": " (of.stream_id) } }
                            form method="post" action=(self.view.at("/quality/take-back")) {
                                input type="hidden" name="stream_id" value=(of.stream_id);
                                button .button type="submit" { "Take it back for good" span .hidden { ": " (of.stream_id) } }
                            }
                        }
                    }
                }),
            );
        }
        let heading = format::count(all, "implausible stream", "implausible streams");
        let words = "The numbers of these streams leave gaps that no page can make, so somebody invented \
                     them. Taking one back removes its events and their figures for good. Listed are \
                     those with the highest numbers.";
        let is_empty = streams.is_empty();
        let table = self.sheet.table(&table, streams);
        let without = "The numbers of every stream of the period are plausible.";
        self.section("implausible", &heading, words, without, is_empty, table)
    }
}
