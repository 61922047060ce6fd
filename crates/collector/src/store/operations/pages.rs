//! Pages of the dashboard. Each page reads everything it shows from one snapshot.

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

/// Reads the contents of pages, and stores what people set on them.
pub trait PageOperations {
    /// The account tree with its first level open.
    fn tree(&self, within: Visibility) -> Answer<'_, Tree>;

    /// A page of a level of the tree; `None` when the account above it is unknown or the caller may
    /// not see it.
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

    /// The users of an account, by id. For a user who has moved to an account that the caller may
    /// not see, everything that belongs to that account is left out.
    fn page_people(&self, question: PeopleQuestion) -> Answer<'_, AccountPage<Vec<Person>>>;

    /// The features that any account used in a span, with the share of one account.
    fn page_adoption(
        &self,
        account: AccountQuestion,
        span: Span,
    ) -> Answer<'_, AccountPage<Vec<FeatureAdoption>>>;

    /// The sums of an account's records at `now`, and a page of records of each kind.
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

    /// An account for editing. The tree is not opened along its path.
    fn page_edit(&self, account: AccountQuestion) -> Answer<'_, AccountPage<Tree>>;

    /// What a user did; `None` when the user is unknown or the caller may not see the user.
    fn page_user(&self, question: UserPageQuestion) -> Answer<'_, Option<UserPage>>;

    /// The events that arrived last.
    fn page_events(&self, question: NamedEventsQuestion) -> Answer<'_, (Tree, NamedEvents)>;

    /// The events that arrived after a given one; `None` for a caller with limited visibility who
    /// names no visible account.
    fn named_events(&self, question: NamedEventsQuestion) -> Answer<'_, Option<NamedEvents>>;

    /// Alerts of the visible accounts, the rules and the receiver.
    fn page_alerts(&self, within: Visibility, page: Page) -> Answer<'_, AlertsPage>;

    /// The values that the filters of a rule can name, over all accounts.
    fn choices(&self) -> Answer<'_, Choices>;

    /// Problems of the data of a span.
    fn page_quality(&self, span: Span) -> Answer<'_, QualityPage>;

    /// The loss report of a span.
    fn page_loss(&self, span: Span) -> Answer<'_, LossPage>;

    /// Deletes the counts of rejected lines, once their cause is fixed.
    fn clear_refusals(&self) -> Answer<'_, ()>;

    /// Saves a view, replacing one with the same name. Returns false when there are too many.
    fn save_view(&self, name: String, address: String, now: i64) -> Answer<'_, bool>;

    /// Removes a saved view.
    fn delete_view(&self, id: i64) -> Answer<'_, ()>;
}
