//! The table of rules.

use maud::{Markup, html};

use crate::{
    dashboard::{
        alerts::{PATH, rule_form::RuleForm, rule_words::subject_words},
        rights::Rights,
        sheet::Sheet,
        table::{Table, choice::Sort, column::Column, counted},
        value::Value,
        view::View,
    },
    model::calendar::TimeZone,
    store::alerts::{AlertsPage, StoredRule},
};

impl AlertsPage {
    /// The rules, with buttons for those who may change them.
    pub(super) fn rules(
        &self,
        sheet: &Sheet,
        view: &View,
        zone: &TimeZone,
        rights: &Rights,
    ) -> Markup {
        let mut table = rule_table(view, zone);
        if rights.may_change {
            table = table.with(Column::action("change", "Change", |of: &StoredRule| {
                buttons(of, view)
            }));
        }
        html! {
            section .card #rules {
                h2 { (counted(self.rules.len(), "rule", "rules")) }
                @if self.rules.is_empty() && view.csv.is_none() {
                    p .none { "No rule yet. A rule waits for accounts whose use goes down, that are silent, or that have a new user." }
                } @else {
                    (sheet.table(&table, self.rules.clone()))
                    @if rights.may_change {
                        form method="post" action=(view.at("/alerts/check")) {
                            button .button type="submit" { "Check all rules now" }
                        }
                    }
                }
            }
        }
    }
}

fn rule_table<'a>(view: &'a View, zone: &'a TimeZone) -> Table<'a, StoredRule> {
    Table::new("rules", "Rules", Sort::up("rule"), PATH, view)
        .with(Column::text("rule", "Rule", |of: &StoredRule| {
            Value::Text(of.rule.name.clone())
        }))
        .with(
            Column::text("when", "When", |of: &StoredRule| {
                // Programs and searches expect plain spaces.
                Value::Text(of.rule.condition.words().replace('\u{a0}', " "))
            })
            .shown(|of| html! { (of.rule.condition.words()) }),
        )
        .with(Column::text("accounts", "Of", |of: &StoredRule| {
            Value::Text(subject_words(&of.rule))
        }))
        .with(Column::number(
            "holding",
            "Active alerts",
            |of: &StoredRule| Value::Count(of.holding),
        ))
        .with(Column::number("checked", "Checked", |of: &StoredRule| {
            of.checked_at
                .map_or(Value::None, |at| Value::time(at, zone))
        }))
}

fn buttons(of: &StoredRule, view: &View) -> Markup {
    let remove = view.at(&format!("/alerts/rules/{}/delete", of.id));
    let change = view.at(&format!("{PATH}?edit={}", of.id));
    html! {
        form .row-actions method="post" action=(remove) {
            @if RuleForm::of(of).is_some() {
                a .button href={(change) "#rule"} aria-label={"Change " (of.rule.name)} { "Change" }
            }
            button .button type="submit" aria-label={"Remove " (of.rule.name)} { "Remove" }
        }
    }
}
