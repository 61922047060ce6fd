//! Columns that both tables of users have: who, and in which account.

use maud::html;

use crate::{
    dashboard::{address, table::column::Column, value::Value, view::View},
    store::people::Person,
};

pub(super) fn name_column(view: &View) -> Column<'static, Person> {
    let links = view.only_period();
    Column::text("user", "User", |person: &Person| {
        Value::Text(person.title())
    })
    .shown(move |person| {
        let title = person.title();
        html! {
            @if person.account_id.is_empty() {
                (title)
            } @else {
                a .gone[person.is_deleted] href=(links.at(&address::user(&person.user_id))) { (title) }
            }
            @if title != person.user_id { small { (person.user_id) } }
        }
    })
}

pub(super) fn id_column() -> Column<'static, Person> {
    Column::text("user_id", "Id", |person: &Person| {
        Value::Text(person.user_id.clone())
    })
    .only_in_csv()
}

pub(super) fn account_id_column() -> Column<'static, Person> {
    Column::text("account_id", "Account id", |person: &Person| {
        let id = &person.account_id;
        Value::text(Some(id.clone()).filter(|id| !id.is_empty()))
    })
    .only_in_csv()
}

pub(super) fn account_column(view: &View) -> Column<'static, Person> {
    let links = view.only_period();
    let title = |person: &Person| {
        let name = person.account_name.as_ref();
        name.unwrap_or(&person.account_id).clone()
    };
    Column::text("account", "Account", move |person: &Person| {
        Value::Text(title(person))
    })
    .shown(move |person| {
        html! {
            @if person.account_id.is_empty() {
                (title(person))
            } @else {
                a title={(title(person)) " (" (person.account_id) ")"} href=(links.at(&address::account(&person.account_id, ""))) { (title(person)) }
            }
        }
    })
    .class("place")
}
