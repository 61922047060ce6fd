//! The header that all pages of an account share: its path, name and tabs.

use maud::{Markup, html};

use super::{
    account_fields::{CHURNED, DETAILS, EMPLOYEES, RENEWAL_DATE, short_label},
    address, format,
    layout::{self, NavigationEntry},
    money,
    rights::Rights,
    view::{Scope, View},
};
use crate::{
    model::account::{Account, has_churned},
    store::{
        account_page,
        portfolio::{Money, dimension_text},
        tree::{Tree, TreeEntry},
    },
};

/// Number of ancestors that the path shows. Of a longer path, the middle is omitted.
const SHOWN_ANCESTORS: usize = 4;

/// Most dimensions that the header shows besides the usual ones. Clients may send hundreds.
const MAX_FURTHER: usize = 12;

/// An account with what its header shows.
#[derive(Debug)]
pub(crate) struct AccountHeader {
    pub(crate) account: Account,
    tree: Tree,
    /// The path from the root of the tree to the account.
    path: Vec<TreeEntry>,
    /// Number of its descendants.
    pub(crate) descendants: i64,
    users: i64,
    /// The latest recurring revenue, with that of its descendants.
    revenue: Money,
    rights: Rights,
}

/// The pages of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Usage,
    Below,
    Users,
    Adoption,
    Records,
    Events,
}

impl Tab {
    fn label(self) -> &'static str {
        match self {
            Tab::Usage => "Usage",
            Tab::Below => "Accounts below",
            Tab::Users => "Users",
            Tab::Adoption => "Adoption",
            Tab::Records => "Records",
            Tab::Events => "Live events",
        }
    }
}

impl AccountHeader {
    /// The header as it appears to somebody with these rights.
    pub(crate) fn new(header: account_page::AccountHeader, rights: Rights) -> Self {
        let account_page::AccountHeader {
            account,
            tree,
            path,
            descendants,
            users,
            revenue,
        } = header;
        AccountHeader {
            account,
            tree,
            path,
            descendants,
            users,
            revenue,
            rights,
        }
    }

    /// The name, or the id of an account without one.
    pub(crate) fn title(&self) -> &str {
        self.account
            .name
            .as_deref()
            .unwrap_or(&self.account.account_id)
    }

    /// The name of the parent account, if the viewer may see that.
    pub(crate) fn parent_title(&self) -> Option<&str> {
        self.above().map(TreeEntry::title)
    }

    fn above(&self) -> Option<&TreeEntry> {
        self.path
            .len()
            .checked_sub(2)
            .map(|above| &self.path[above])
    }

    /// The ancestor whose deactivation also deactivates this account, if the viewer may see
    /// it.
    fn deactivated_above(&self) -> Option<&TreeEntry> {
        let above = &self.path[..self.path.len().saturating_sub(1)];
        above.iter().rfind(|entry| entry.is_deleted)
    }

    /// Whether the viewer may see the data-quality page.
    pub(crate) fn shows_quality(&self) -> bool {
        self.rights.within.is_all()
    }

    /// The address of a page of the account.
    pub(crate) fn address(&self, tab: Tab) -> String {
        let page = match tab {
            Tab::Usage => "",
            Tab::Below => "/below",
            Tab::Users => "/users",
            Tab::Adoption => "/adoption",
            Tab::Records => "/records",
            Tab::Events => "/events",
        };
        address::account(&self.account.account_id, page)
    }

    /// Renders a page of the account.
    pub(crate) fn page(&self, tab: Tab, view: &View, content: Markup) -> Markup {
        let content = html! {
            (self.head(tab, view))
            (content)
        };
        let title = match tab {
            Tab::Usage => self.title().to_owned(),
            Tab::Below | Tab::Users | Tab::Adoption | Tab::Records | Tab::Events => {
                format!("{} · {}", tab.label(), self.title())
            }
        };
        layout::page(
            &title,
            Some(NavigationEntry::Accounts),
            view,
            &self.rights,
            self.tree.show(view),
            content,
        )
    }

    /// Renders the path, the name, the facts and the tabs.
    fn head(&self, open: Tab, view: &View) -> Markup {
        let account = &self.account;
        let view = view.for_tab();
        html! {
            (self.ancestors(&view))
            div .title {
                h1 { (self.title()) }
                @if let Some(label) = &account.hierarchy_label { span .badge { (label) } }
                @if account.is_deleted { span .badge.warn { "Deactivated" } }
                @else if let Some(above) = self.deactivated_above() {
                    span .badge.warn title={"Deactivated with " (above.title())} { "Deactivated" }
                }
                @if has_churned(&account.details) { span .badge.warn { "Churned" } }
                @if self.rights.may_change {
                    a .quiet.edit href=(view.at(&address::account(&account.account_id, "/edit"))) { "Edit" }
                }
            }
            p .facts {
                code { (account.account_id) }
                @if self.descendants > 0 { span { (format::count(self.descendants, "account", "accounts")) " below" } }
                @if let Some(joined) = account.join_date { span { "Customer since " (format::day(joined)) } }
                @if !self.revenue.0.is_empty() { span { "MRR: " (money::short_lines(&self.revenue).join(" + ")) } }
                @for (label, text) in facts(account) { span { (label) ": " (text) } }
                @for (label, text) in further_facts(account) { span { (label) ": " (text) } }
            }
            nav .tabs aria-label="Account" {
                @for (tab, count) in [
                    (Tab::Usage, None),
                    (Tab::Below, Some(self.descendants)),
                    // The users page of a parent covers its whole subtree, and the number
                    // here does not.
                    (Tab::Users, (self.users > 0 && self.descendants == 0).then_some(self.users)),
                    (Tab::Adoption, (!self.rights.within.is_all()).then_some(0)),
                    (Tab::Records, None),
                    (Tab::Events, None),
                ] {
                    @if count != Some(0) {
                        a href=(view.at(&self.address(tab))) aria-current=[(tab == open).then_some("page")] {
                            (tab.label())
                            @if let Some(count) = count { span .many { (format::number(count)) } }
                        }
                    }
                }
            }
        }
    }

    fn ancestors(&self, view: &View) -> Markup {
        let above = &self.path[..self.path.len().saturating_sub(1)];
        let hidden = above.len().saturating_sub(SHOWN_ANCESTORS);
        html! {
            nav .way aria-label="Accounts above" {
                ol {
                    li { a href=(view.only_period().at("/")) { "Accounts" } }
                    @for (at, branch) in above.iter().enumerate() {
                        @if hidden == 0 || at == 0 || at > hidden {
                            li { a dir="auto" href=(view.at(&address::account(&branch.account_id, ""))) { (branch.title()) } }
                        } @else if at == 1 {
                            li { span title=(format::count(hidden as i64, "account", "accounts")) { "…" } }
                        }
                    }
                }
            }
        }
    }

    /// Renders the switch between the subtree and the account alone.
    pub(crate) fn roll_up_switch(&self, tab: Tab, view: &View) -> Markup {
        let at = |scope: Scope| {
            let view = View {
                scope,
                ..view.with_first_pages()
            };
            view.at(&self.address(tab))
        };
        let rolls_up = view.rolls_up();
        html! {
            @if self.descendants > 0 {
                nav .segments aria-label="Roll-up" {
                    a href=(at(Scope::Subtree)) aria-current=[rolls_up.then_some("true")] { "With accounts below" }
                    a href=(at(Scope::AccountAlone)) aria-current=[(!rolls_up).then_some("true")] {
                        "This account alone"
                    }
                }
            }
        }
    }
}

/// The usual fields of an account that have a value, with the labels of the form that changes
/// them. A badge shows whether the customer has left.
fn facts(account: &Account) -> impl Iterator<Item = (&'static str, String)> {
    let fields = DETAILS.into_iter().filter(|(name, _)| *name != CHURNED);
    fields.filter_map(|(name, label)| {
        let value = account.details.get(name)?;
        let text = dimension_text(value)?;
        let shown = match name {
            EMPLOYEES => value.as_i64().map(format::number),
            RENEWAL_DATE => text.parse().ok().map(format::date),
            _ => None,
        };
        Some((label, shown.unwrap_or(text)))
    })
}

/// The other dimensions of an account, by which lists can be filtered.
fn further_facts(account: &Account) -> impl Iterator<Item = (String, String)> {
    let is_usual = |name: &String| DETAILS.iter().any(|(usual, _)| usual == name);
    let others = account
        .details
        .iter()
        .filter(move |(name, _)| !is_usual(name));
    let texts =
        others.filter_map(|(name, value)| Some((short_label(name), dimension_text(value)?)));
    texts.take(MAX_FURTHER)
}
