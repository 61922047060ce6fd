//! Usage that does not count, and parents that have no description.

use maud::{Markup, html};

use crate::{
    dashboard::{
        address,
        quality::page::{PATH, Page},
        table::{Table, choice::Sort, column::Column, counted},
        value::Value,
    },
    store::quality::{NamelessAccount, NonLeafUsage, PhantomParent, UserConflict},
};

impl Page<'_> {
    pub(super) fn conflicts(self, conflicts: Vec<UserConflict>) -> Markup {
        let zone = self.zone;
        let mut table = Table::new(
            "conflicts",
            "Users in two accounts",
            Sort::down("events"),
            PATH,
            self.view,
        )
        .with(
            Column::text("user", "User", |of: &UserConflict| {
                Value::Text(of.user_id.clone())
            })
            .shown(move |of| self.user_link(&of.user_id)),
        )
        .with(
            Column::text("account", "Sent for", move |of: &UserConflict| {
                Value::Text(title(&of.account_id, of.account_name.as_ref()))
            })
            .shown(move |of| self.account_link(&of.account_id, of.account_name.as_ref()))
            .meaning("The account that the events name."),
        )
        .with(
            Column::text("home", "Belongs to", move |of: &UserConflict| {
                Value::Text(title(&of.home_id, of.home_name.as_ref()))
            })
            .shown(move |of| self.account_link(&of.home_id, of.home_name.as_ref())),
        )
        .with(
            Column::number("events", "Events", |of: &UserConflict| {
                Value::Count(of.events.events)
            })
            .meaning("Events of the period that are kept and not counted."),
        )
        .with(Column::number(
            "since",
            "Since",
            move |of: &UserConflict| Value::day(Some(of.events.first_at), zone),
        ))
        .with(Column::number("last", "Last", move |of: &UserConflict| {
            Value::day(Some(of.events.last_at), zone)
        }))
        .with(
            Column::text("account_id", "Sent for, id", |of: &UserConflict| {
                Value::Text(of.account_id.clone())
            })
            .only_in_csv(),
        )
        .with(
            Column::text("home_id", "Belongs to, id", |of: &UserConflict| {
                Value::Text(of.home_id.clone())
            })
            .only_in_csv(),
        );
        if self.rights.may_change {
            table = table.with(Column::action("fix", "Fix", move |of: &UserConflict| {
                self.move_form(of)
            }));
        }
        let heading = counted(
            conflicts.len(),
            "conflict of a user's accounts",
            "conflicts of users' accounts",
        );
        let words = "Each user is in exactly one account. Events that name another one are kept, and \
                     counted once the user is moved there.";
        let is_empty = conflicts.is_empty();
        let table = self.sheet.table(&table, conflicts);
        let without = "Every event of the period names the account to which its user belongs.";
        self.section("conflicts", &heading, words, without, is_empty, table)
    }

    /// Renders the button that moves a user to the account that its events name.
    fn move_form(self, of: &UserConflict) -> Markup {
        let to = title(&of.account_id, of.account_name.as_ref());
        html! {
            // A second button moves, so that a single click never does.
            details .delete {
                summary .button { "Move to " (to) span .hidden { ": " (of.user_id) } }
                form method="post" action=(self.view.at("/quality/move-user")) {
                    input type="hidden" name="user_id" value=(of.user_id);
                    input type="hidden" name="account_id" value=(of.account_id);
                    p .hint {
                        "The events that name " (to) " count there from then on. What counts in "
                        (title(&of.home_id, of.home_name.as_ref())) " stays there."
                    }
                    button .button type="submit" { "Move the user" span .hidden { " " (of.user_id) " to " (to) } }
                }
            }
        }
    }

    pub(super) fn non_leaf(self, accounts: Vec<NonLeafUsage>) -> Markup {
        let zone = self.zone;
        let table = Table::new(
            "uncaptured",
            "Usage of accounts with accounts below",
            Sort::down("events"),
            PATH,
            self.view,
        )
        .with(
            Column::text("account", "Account", |of: &NonLeafUsage| {
                Value::Text(of.account_name.as_ref().unwrap_or(&of.account_id).clone())
            })
            .shown(move |of| self.account_link(&of.account_id, of.account_name.as_ref())),
        )
        .with(Column::number("events", "Events", |of: &NonLeafUsage| {
            Value::Count(of.events.events)
        }))
        .with(Column::number("users", "Users", |of: &NonLeafUsage| {
            Value::Count(of.users as i64)
        }))
        .with(Column::number("children", "Directly below", |of: &NonLeafUsage| {
            Value::Count(of.children)
        }))
        .with(Column::number("since", "Since", move |of: &NonLeafUsage| {
            Value::day(Some(of.events.first_at), zone)
        }))
        .with(Column::number("last", "Last", move |of: &NonLeafUsage| {
            Value::day(Some(of.events.last_at), zone)
        }))
        .with(
            Column::text("account_id", "Account id", |of: &NonLeafUsage| {
                Value::Text(of.account_id.clone())
            })
            .only_in_csv(),
        )
        .with(
            Column::action("fix", "Fix", move |of: &NonLeafUsage| {
                html! {
                    a .button href=(self.view.only_period().at(&address::account(&of.account_id, "/users"))) aria-label={"See its users: " (of.account_id)} { "See its users" }
                }
            }),
        );
        let heading = counted(
            accounts.len(),
            "account with usage that is not captured",
            "accounts with usage that is not captured",
        );
        let words = "Product usage counts only where nothing is below. Have the page send the id of the \
                     account in which the user works, or take the accounts below away.";
        let is_empty = accounts.is_empty();
        let table = self.sheet.table(&table, accounts);
        let without = "All usage of the period was sent for accounts with nothing below them.";
        self.section("uncaptured", &heading, words, without, is_empty, table)
    }

    pub(super) fn phantoms(self, phantoms: Vec<PhantomParent>) -> Markup {
        let mut table = Table::new(
            "phantoms",
            "Parents that nobody described",
            Sort::down("children"),
            PATH,
            self.view,
        )
        .with(
            Column::text("account", "Account", |of: &PhantomParent| {
                Value::Text(of.account_id.clone())
            })
            .shown(move |of| self.account_link(&of.account_id, None)),
        )
        .with(Column::number(
            "children",
            "Directly below",
            |of: &PhantomParent| Value::Count(of.children),
        ))
        .with(Column::text("example", "Such as", |of: &PhantomParent| {
            Value::Text(of.example.clone())
        }));
        if self.rights.may_change {
            table = table.with(
                Column::action("fix", "Fix", move |of: &PhantomParent| {
                    html! {
                        form .row-actions method="post" action=(self.view.at("/quality/name-account")) { (naming(&of.account_id)) }
                    }
                }),
            );
        }
        let heading = counted(
            phantoms.len(),
            "parent that nobody described",
            "parents that nobody described",
        );
        let words = "These accounts exist only because others name them as their parent. A typing error \
                     makes such an account: name it, or correct the parent of what is below.";
        let is_empty = phantoms.is_empty();
        let table = self.sheet.table(&table, phantoms);
        let without = "Every account that others name as their parent is described.";
        self.section("phantoms", &heading, words, without, is_empty, table)
    }

    pub(super) fn nameless(self, accounts: Vec<NamelessAccount>) -> Markup {
        let mut table = Table::new(
            "nameless",
            "Accounts with usage that nobody described",
            Sort::up("account"),
            PATH,
            self.view,
        )
        .with(
            Column::text("account", "Account", |of: &NamelessAccount| {
                Value::Text(of.account_id.clone())
            })
            .shown(move |of| self.account_link(&of.account_id, None)),
        )
        .with(
            Column::number("users", "Users", |of: &NamelessAccount| {
                Value::Count(of.users)
            })
            .meaning("Users who belong to the account."),
        );
        if self.rights.may_change {
            table = table.with(
                Column::action("fix", "Fix", move |of: &NamelessAccount| {
                    let edit = address::account(&of.account_id, "/edit");
                    html! {
                        form .row-actions method="post" action=(self.view.at("/quality/name-account")) {
                            input type="hidden" name="has_usage" value="true";
                            (naming(&of.account_id))
                            a .button href=(self.view.only_period().at(&edit)) aria-label={"Put it below another: " (of.account_id)} { "Put it below another" }
                        }
                    }
                }),
            );
        }
        let heading = counted(
            accounts.len(),
            "account with usage that nobody described",
            "accounts with usage that nobody described",
        );
        let words = "These accounts exist only because events name them. A page that sends a wrong id makes \
                     such an account: name it, put it below the account to which it belongs, or correct the \
                     page. At most 1,000 are listed.";
        let is_empty = accounts.is_empty();
        let table = self.sheet.table(&table, accounts);
        let without = "Every account with usage is described.";
        self.section("nameless", &heading, words, without, is_empty, table)
    }

    pub(super) fn undescribed(self, accounts: Vec<String>) -> Markup {
        let mut table = Table::new(
            "undescribed",
            "Accounts to which nothing refers",
            Sort::up("account"),
            PATH,
            self.view,
        )
        .with(
            Column::text("account", "Account", |id: &String| Value::Text(id.clone()))
                .shown(move |id| self.account_link(id, None)),
        );
        if self.rights.may_change {
            table = table.with(Column::action("fix", "Fix", move |id: &String| {
                html! {
                    form method="post" action=(self.view.at("/quality/remove-account")) {
                        input type="hidden" name="account_id" value=(id);
                        button .button type="submit" aria-label={"Remove it: " (id)} { "Remove it" }
                    }
                }
            }));
        }
        let heading = counted(
            accounts.len(),
            "account to which nothing refers",
            "accounts to which nothing refers",
        );
        let words = "Nobody has described these accounts, and no event, user, record or account names \
                     them: most were parents by a typing error that was corrected.";
        let is_empty = accounts.is_empty();
        let table = self.sheet.table(&table, accounts);
        let without = "Every account is described, or something refers to it.";
        self.section("undescribed", &heading, words, without, is_empty, table)
    }
}

/// The fields of a form that names an account, and its button.
fn naming(account_id: &str) -> Markup {
    html! {
        input type="hidden" name="account_id" value=(account_id);
        input name="name" required maxlength="256" placeholder="Name" aria-label={"Name of " (account_id)};
        button .button type="submit" { "Name it" }
    }
}

/// The name of an account, or its id.
fn title(id: &str, name: Option<&String>) -> String {
    name.map_or(id, String::as_str).to_owned()
}
