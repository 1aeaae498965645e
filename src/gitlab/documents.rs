//! The GraphQL documents that the client sends, and nothing else does.
//!
//! Community builds lack some names altogether, and a document that merely
//! names one is refused there: hence two variants. A document that asks for
//! several things at once repeats one field under numbered aliases; how often
//! is bounded by GitLab's complexity limit of 250, where a field costs 1, a
//! list of 100 doubles what is below it, and of fragments on different widgets
//! only the dearest counts.

/// The two schemas an instance may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// Without the Enterprise names.
    Community,
    /// With them, whatever the licence.
    Enterprise,
}

impl Edition {
    /// The edition that `metadata.enterprise` tells.
    #[must_use]
    pub fn of(enterprise: bool) -> Self {
        if enterprise { Self::Enterprise } else { Self::Community }
    }
}

/// One document with the name of its operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The operation's name, sent along.
    pub name: &'static str,
    /// The text.
    pub text: String,
    /// Whether it changes anything.
    pub mutation: bool,
}

/// The operation that creates an item, which instances limit for itself.
pub(super) const CREATE_ITEM_NAME: &str = "CreateItem";
/// The operation that posts a comment, which instances limit for itself.
pub(super) const POST_COMMENT_NAME: &str = "PostComment";
/// Items read by id in one request.
pub(super) const ITEMS: usize = 7;
/// Items read by reference in one request.
pub(super) const REFERENCES: usize = 7;
/// Items read by reference with their children in one request, and how many others fit beside one.
pub(super) const WITH_CHILDREN: (usize, usize) = (2, 3);
/// Parents whose children are listed in one request.
pub(super) const CHILDREN: usize = 3;
/// Items whose descendants are listed in one request.
pub(super) const DESCENDANTS_OF: usize = 100;
/// Places looked at in one request.
pub(super) const PLACES: usize = 6;
/// Items linked in one request.
pub(super) const LINKS: usize = 20;
/// Labels or milestones looked up in one request.
pub(super) const TITLES: usize = 30;

macro_rules! item {
    ($widgets:literal, $fragments:literal) => {
        concat!(
            "\nfragment Item on WorkItem {
  id title description state createdAt closedAt confidential lockVersion reference(full: true) webUrl
  movedToWorkItemUrl promotedToEpicUrl
  author { username }
  userPermissions { updateWorkItem }
  workItemType { id name iconName }
  widgets(onlyTypes: [HIERARCHY, LABELS, ASSIGNEES, MILESTONE, START_AND_DUE_DATE, LINKED_ITEMS",
            $widgets,
            "]) {
    ... on WorkItemWidgetHierarchy { parent { id } rolledUpCountsByType { countsByState { all } } }
    ... on WorkItemWidgetLabels { labels(first: 50) { nodes { id title } pageInfo { hasNextPage } } }
    ... on WorkItemWidgetAssignees { assignees(first: 50) { nodes { username } pageInfo { hasNextPage } } }
    ... on WorkItemWidgetMilestone { milestone { title } }
    ... on WorkItemWidgetStartAndDueDate { startDate dueDate isFixed }
    ... on WorkItemWidgetLinkedItems {
      linkedItems(first: 50) { nodes { linkType workItemState workItem { id } } pageInfo { hasNextPage } }
    }",
            $fragments,
            "
  }
}"
        )
    };
}

const ITEM_COMMUNITY: &str = item!("", "");
const ITEM_ENTERPRISE: &str = item!(", WEIGHT", "\n    ... on WorkItemWidgetWeight { weight }");

/// What the instance and the caller are.
const WHO: &str = "
  metadata { version enterprise }
  currentUser { username bot }";

/// The lists of an item that did not fit into `Item`.
const LISTS: &str = "query Lists($id: WorkItemID!, $labels: String, $assignees: String, $links: String) {
  workItem(id: $id) {
    widgets(onlyTypes: [LABELS, ASSIGNEES, LINKED_ITEMS]) {
      ... on WorkItemWidgetLabels {
        labels(first: 100, after: $labels) { nodes { id title } pageInfo { hasNextPage endCursor } }
      }
      ... on WorkItemWidgetAssignees {
        assignees(first: 100, after: $assignees) { nodes { username } pageInfo { hasNextPage endCursor } }
      }
      ... on WorkItemWidgetLinkedItems {
        linkedItems(first: 100, after: $links) {
          nodes { linkType workItemState workItem { id } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
}";

const SEARCH: &str = "query Search($path: ID!, $search: String!, $after: String) {
  namespace(fullPath: $path) {
    workItems(
      search: $search, in: [DESCRIPTION], types: [EPIC], includeDescendants: true
      sort: CREATED_ASC, first: 100, after: $after
    ) {
      nodes { ...Item }
      pageInfo { hasNextPage endCursor }
    }
  }
}";

const DESCENDANTS: &str = "query Descendants($path: ID!, $of: [WorkItemID!], $after: String) {
  namespace(fullPath: $path) {
    workItems(
      hierarchyFilters: { parentIds: $of, includeDescendantWorkItems: true }, includeDescendants: true
      sort: CREATED_ASC, first: 100, after: $after
    ) {
      nodes { ...Item }
      pageInfo { hasNextPage endCursor }
    }
  }
}";

const NEWEST: &str = "query Newest($path: ID!, $author: String!, $first: Int!) {
  namespace(fullPath: $path) {
    workItems(authorUsername: $author, sort: CREATED_DESC, first: $first) { nodes { ...Item } }
  }
}";

const USERS: &str = "query Users($usernames: [String!]!) {
  users(usernames: $usernames, first: 100) { nodes { id username } }
}";

const COMMENTS: &str = "query Comments($id: WorkItemID!, $after: String) {
  workItem(id: $id) {
    widgets(onlyTypes: [NOTES]) {
      ... on WorkItemWidgetNotes {
        discussions(filter: ONLY_COMMENTS, first: 50, after: $after) {
          nodes { id notes(first: 100) { nodes { id body system author { username } } } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
}";

const CREATE_ITEM: &str = "mutation CreateItem($input: WorkItemCreateInput!) {
  workItemCreate(input: $input) { errors workItem { ...Item } }
}";

const UPDATE_ITEM: &str = "mutation UpdateItem($input: WorkItemUpdateInput!) {
  workItemUpdate(input: $input) { errors workItem { ...Item } }
}";

const CREATE_LABEL: &str = "mutation CreateLabel($input: LabelCreateInput!) {
  labelCreate(input: $input) { errors label { id title } }
}";

const LINK_ITEMS: &str = "mutation LinkItems($input: WorkItemAddLinkedItemsInput!) {
  workItemAddLinkedItems(input: $input) { errors workItem { id } }
}";

const UNLINK_ITEMS: &str = "mutation UnlinkItems($input: WorkItemRemoveLinkedItemsInput!) {
  workItemRemoveLinkedItems(input: $input) { errors workItem { id } }
}";

const REORDER_CHILD: &str = "mutation ReorderChild($input: workItemsHierarchyReorderInput!) {
  workItemsHierarchyReorder(input: $input) { errors workItem { id } }
}";

const POST_COMMENT: &str = "mutation PostComment($input: CreateNoteInput!) {
  createNote(input: $input) { errors note { id discussion { id } } }
}";

pub(super) fn metadata() -> Document {
    query("Metadata", format!("query Metadata {{{WHO}\n}}"))
}

pub(super) fn lists() -> Document {
    query("Lists", LISTS.to_owned())
}

pub(super) fn users() -> Document {
    query("Users", USERS.to_owned())
}

pub(super) fn comments() -> Document {
    query("Comments", COMMENTS.to_owned())
}

pub(super) fn search(edition: Edition) -> Document {
    // Community knows no type of that name, so it cannot even be filtered by.
    let text = match edition {
        Edition::Community => SEARCH.replace(", types: [EPIC]", ""),
        Edition::Enterprise => SEARCH.to_owned(),
    };
    query("Search", with_item(&text, edition))
}

/// Since GitLab 18.3.
pub(super) fn descendants(edition: Edition) -> Document {
    query("Descendants", with_item(DESCENDANTS, edition))
}

pub(super) fn newest(edition: Edition) -> Document {
    query("Newest", with_item(NEWEST, edition))
}

pub(super) fn create_item(edition: Edition) -> Document {
    mutation(CREATE_ITEM_NAME, with_item(CREATE_ITEM, edition))
}

pub(super) fn update_item(edition: Edition) -> Document {
    mutation("UpdateItem", with_item(UPDATE_ITEM, edition))
}

pub(super) fn create_label() -> Document {
    mutation("CreateLabel", CREATE_LABEL.to_owned())
}

pub(super) fn link_items() -> Document {
    mutation("LinkItems", LINK_ITEMS.to_owned())
}

/// Links `n` times: `$input0`, answered as `a0`.
pub(super) fn link_many(n: usize) -> Document {
    let variables = repeated(n, "$input@: WorkItemAddLinkedItemsInput!", ", ");
    let field = "a@: workItemAddLinkedItems(input: $input@) { errors workItem { id } }";
    let fields = repeated(n, field, "\n  ");
    mutation("LinkItems", format!("mutation LinkItems({variables}) {{\n  {fields}\n}}"))
}

pub(super) fn unlink_items() -> Document {
    mutation("UnlinkItems", UNLINK_ITEMS.to_owned())
}

pub(super) fn reorder_child() -> Document {
    mutation("ReorderChild", REORDER_CHILD.to_owned())
}

pub(super) fn post_comment() -> Document {
    mutation(POST_COMMENT_NAME, POST_COMMENT.to_owned())
}

/// Reads `n` items by id: `$id0`, answered as `a0`.
pub(super) fn items(edition: Edition, n: usize) -> Document {
    let text = aliased("Items", n, "$id@: WorkItemID!", "a@: workItem(id: $id@) { ...Item }");
    query("Items", with_item(&text, edition))
}

/// Reads `n` items by reference: `$path0`, `$iid0`, answered as `a0`.
pub(super) fn references(edition: Edition, n: usize) -> Document {
    let text = aliased(
        "References",
        n,
        "$path@: ID!, $iid@: String!",
        "a@: namespace(fullPath: $path@) { workItem(iid: $iid@) { ...Item } }",
    );
    query("References", with_item(&text, edition))
}

/// Reads items by reference, the first `n` with a page of their children: `$path0`, `$iid0`, answered
/// as `t0`; the others are `$of0`, `$no0`, answered as `a0`.
pub(super) fn with_children(edition: Edition, n: usize, others: usize) -> Document {
    let top = "t@: namespace(fullPath: $path@) {
    workItem(iid: $iid@) {
      ...Item
      below: widgets(onlyTypes: [HIERARCHY]) {
        ... on WorkItemWidgetHierarchy {
          children(first: 100) { nodes { ...Item } pageInfo { hasNextPage endCursor } }
        }
      }
    }
  }";
    let other = "a@: namespace(fullPath: $of@) { workItem(iid: $no@) { ...Item } }";
    let variables = [("$path@: ID!, $iid@: String!", n), ("$of@: ID!, $no@: String!", others)];
    let variables = variables.map(|(text, n)| repeated(n, text, ", ")).join(", ");
    let fields = [(top, n), (other, others)].map(|(text, n)| repeated(n, text, "\n  "));
    let text = format!(
        "query WithChildren({}) {{\n  {}\n}}",
        variables.trim_end_matches(", "),
        fields.join("\n  ").trim_end()
    );
    query("WithChildren", with_item(&text, edition))
}

/// Lists a page of children of `n` parents: `$id0`, `$after0`, answered as `a0`.
pub(super) fn children(edition: Edition, n: usize) -> Document {
    let text = aliased(
        "Children",
        n,
        "$id@: WorkItemID!, $after@: String",
        "a@: workItem(id: $id@) {
    widgets(onlyTypes: [HIERARCHY]) {
      ... on WorkItemWidgetHierarchy {
        children(first: 100, after: $after@) { nodes { ...Item } pageInfo { hasNextPage endCursor } }
      }
    }
  }",
    );
    query("Children", with_item(&text, edition))
}

/// Reads what `n` places allow: `$path0`, answered as `n0`, `g0` and `p0`.
pub(super) fn places(edition: Edition, n: usize) -> Document {
    query("Places", aliased("Places", n, "$path@: ID!", &place(edition)))
}

/// The same, and what the instance and the caller are.
pub(super) fn start(edition: Edition, n: usize) -> Document {
    let text = aliased("Start", n, "$path@: ID!", &place(edition));
    query("Start", text.replacen("{\n", &format!("{{{WHO}\n"), 1))
}

fn place(edition: Edition) -> String {
    let create_epic = match edition {
        Edition::Community => "",
        Edition::Enterprise => "createEpic ",
    };
    format!(
        "n@: namespace(fullPath: $path@) {{
    fullPath
    availableFeatures {{
      hasEpicsFeature hasSubepicsFeature hasScopedLabelsFeature hasBlockedIssuesFeature hasIssueWeightsFeature
    }}
    userPermissions {{ {create_epic}createWorkItem adminLabel setNewWorkItemMetadata }}
    workItemTypes(first: 100) {{ nodes {{ id name iconName widgetDefinitions {{ type }} }} }}
  }}
  g@: group(fullPath: $path@) {{ id }}
  p@: project(fullPath: $path@) {{ id }}"
    )
}

/// Looks up `n` labels of groups or of projects: `$path0`, `$title0`, answered as `a0`.
pub(super) fn labels(in_groups: bool, n: usize) -> Document {
    let (name, field) = if in_groups {
        (
            "GroupLabels",
            "a@: group(fullPath: $path@) {
    labels(title: $title@, includeAncestorGroups: true, onlyGroupLabels: true, first: 20) { nodes { id title } }
  }",
        )
    } else {
        (
            "ProjectLabels",
            "a@: project(fullPath: $path@) {
    labels(title: $title@, includeAncestorGroups: true, first: 20) { nodes { id title } }
  }",
        )
    };
    query(name, aliased(name, n, "$path@: ID!, $title@: String!", field))
}

/// Looks up `n` milestones of groups or of projects: `$path0`, `$title0`, answered as `a0`.
pub(super) fn milestones(in_groups: bool, n: usize) -> Document {
    let (name, owner) =
        if in_groups { ("GroupMilestones", "group") } else { ("ProjectMilestones", "project") };
    let field = format!(
        "a@: {owner}(fullPath: $path@) {{
    milestones(title: $title@, includeAncestors: true, first: 20) {{ nodes {{ id title }} }}
  }}"
    );
    query(name, aliased(name, n, "$path@: ID!, $title@: String!", &field))
}

/// Lists every document the client may send, at its largest and at its smallest.
#[must_use]
pub fn all() -> Vec<(&'static str, String, Edition)> {
    let mut all = Vec::new();
    for edition in [Edition::Community, Edition::Enterprise] {
        let mut documents = vec![
            metadata(),
            lists(),
            users(),
            comments(),
            search(edition),
            descendants(edition),
            newest(edition),
            create_item(edition),
            update_item(edition),
            create_label(),
            link_items(),
            link_many(1),
            link_many(LINKS),
            unlink_items(),
            reorder_child(),
            post_comment(),
        ];
        for (most, make) in [
            (ITEMS, items as fn(Edition, usize) -> Document),
            (REFERENCES, references),
            (CHILDREN, children),
            (PLACES, places),
        ] {
            documents.extend([make(edition, 1), make(edition, most)]);
        }
        let (tops, others) = WITH_CHILDREN;
        documents.extend([with_children(edition, tops, 0), with_children(edition, 1, others)]);
        documents.extend([start(edition, 1), start(edition, PLACES)]);
        for in_groups in [true, false] {
            documents.extend([1, TITLES].map(|n| labels(in_groups, n)));
            documents.extend([1, TITLES].map(|n| milestones(in_groups, n)));
        }
        all.extend(documents.into_iter().map(|d| (d.name, d.text, edition)));
    }
    all
}

fn query(name: &'static str, text: String) -> Document {
    Document { name, text, mutation: false }
}

fn mutation(name: &'static str, text: String) -> Document {
    Document { name, text, mutation: true }
}

fn with_item(text: &str, edition: Edition) -> String {
    let fragment = match edition {
        Edition::Community => ITEM_COMMUNITY,
        Edition::Enterprise => ITEM_ENTERPRISE,
    };
    format!("{text}{fragment}")
}

/// Repeats a field `n` times; `@` in it and in its variables is the number.
fn aliased(name: &str, n: usize, variables: &str, field: &str) -> String {
    format!(
        "query {name}({}) {{\n  {}\n}}",
        repeated(n, variables, ", "),
        repeated(n, field, "\n  ")
    )
}

fn repeated(n: usize, text: &str, separator: &str) -> String {
    (0..n).map(|i| text.replace('@', &i.to_string())).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_short_enough_for_gitlab() {
        for (name, text, _) in all() {
            assert!(text.len() <= 10_000, "{name} has {} characters", text.len());
        }
    }

    #[test]
    fn community_documents_name_nothing_of_the_enterprise_schema() {
        for (name, text, edition) in all() {
            let names = text.contains("WEIGHT")
                || text.contains("WorkItemWidgetWeight")
                || text.contains("createEpic")
                || text.contains("EPIC");
            assert!(edition == Edition::Enterprise || !names, "{name}");
        }
    }

    #[test]
    fn a_document_is_named_as_its_operation() {
        for (name, text, _) in all() {
            let word = text.split(['(', ' ']).nth(1);
            assert_eq!(word, Some(name));
        }
    }
}
