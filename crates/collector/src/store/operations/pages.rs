//! Pages of the dashboard. Each reads all it shows from one snapshot.

use crate::{
    model::{page::Page, usage::Span, visibility::Visibility},
    store::{
        account_page::{
            AccountPage, AccountQuestion, PeopleQuestion, UsagePage, UsagePageQuestion,
        },
        accounts_page::{AccountsPage, AccountsPageQuestion},
        adoption::FeatureAdoption,
        alerts::{AlertsPage, Choices},
        answer::Answer,
        latest_events::{NamedEvents, NamedEventsQuestion},
        loss::LossPage,
        people::Person,
        portfolio::{ListQuestion, Portfolio},
        quality::QualityPage,
        records::{Listed, RecordsPage},
        search::{Found, SearchQuestion},
        tree::{LevelQuestion, Tree, TreeEntry},
        user_page::{UserPage, UserPageQuestion},
    },
};

/// Answers what pages show, and keeps what people set on them.
pub trait PageOperations {
    /// The tree with its first level open.
    fn tree(&self, within: Visibility) -> Answer<'_, Tree>;

    /// A page of a level of the tree; `None` when the account above it is unknown or not
    /// to be seen.
    fn tree_level(&self, question: LevelQuestion) -> Answer<'_, Option<Listed<TreeEntry>>>;

    /// Finds accounts and users with a text in their name or id.
    fn search(&self, question: SearchQuestion) -> Answer<'_, Found>;

    /// The first page: all customers, or a search.
    fn page_accounts(&self, question: AccountsPageQuestion) -> Answer<'_, AccountsPage>;

    /// The usage of an account over time and by product, module and feature.
    fn page_usage(&self, question: UsagePageQuestion) -> Answer<'_, AccountPage<UsagePage>>;

    /// The accounts below an account with their figures.
    fn page_below(
        &self,
        account: AccountQuestion,
        list: ListQuestion,
    ) -> Answer<'_, AccountPage<Portfolio>>;

    /// The users of an account, in the order of their ids. What belongs to an account to
    /// which one has moved, and which is not to be seen, is left out.
    fn page_people(&self, question: PeopleQuestion) -> Answer<'_, AccountPage<Vec<Person>>>;

    /// The features that any account used in a span, and how much of that is of one.
    fn page_adoption(
        &self,
        account: AccountQuestion,
        span: Span,
    ) -> Answer<'_, AccountPage<Vec<FeatureAdoption>>>;

    /// The records of an account, summed up at `now`, and a page of each kind.
    fn page_records(
        &self,
        account: AccountQuestion,
        page: Page,
        now: i64,
    ) -> Answer<'_, AccountPage<RecordsPage>>;

    /// The events of an account that arrived last.
    fn page_account_events(
        &self,
        account: AccountQuestion,
        events: NamedEventsQuestion,
    ) -> Answer<'_, AccountPage<NamedEvents>>;

    /// An account that is edited, with a tree that is not opened along its path.
    fn page_edit(&self, account: AccountQuestion) -> Answer<'_, AccountPage<Tree>>;

    /// What a user did; `None` when the user is unknown or not to be seen.
    fn page_user(&self, question: UserPageQuestion) -> Answer<'_, Option<UserPage>>;

    /// The events that arrived last.
    fn page_events(&self, question: NamedEventsQuestion) -> Answer<'_, (Tree, NamedEvents)>;

    /// The events that arrived after a given one; `None` for who may not see all accounts
    /// and names none that may be seen.
    fn named_events(&self, question: NamedEventsQuestion) -> Answer<'_, Option<NamedEvents>>;

    /// Alerts of the accounts that may be seen, the rules and the receiver.
    fn page_alerts(&self, within: Visibility, page: Page) -> Answer<'_, AlertsPage>;

    /// What the filters of a rule can name, of all accounts.
    fn choices(&self) -> Answer<'_, Choices>;

    /// What is wrong with the data of a span.
    fn page_quality(&self, span: Span) -> Answer<'_, QualityPage>;

    /// The loss report of a span.
    fn page_loss(&self, span: Span) -> Answer<'_, LossPage>;

    /// Forgets the refused lines, once their cause is mended.
    fn clear_refusals(&self) -> Answer<'_, ()>;

    /// Saves a view; one with the same name is replaced. Answers false when there are too
    /// many.
    fn save_view(&self, name: String, address: String, now: i64) -> Answer<'_, bool>;

    /// Removes a saved view.
    fn delete_view(&self, id: i64) -> Answer<'_, ()>;
}
