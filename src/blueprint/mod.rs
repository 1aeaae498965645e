//! The shape of a tree: what a tool file may hold and which nodes follow from it.
//!
//! A blueprint is data. Its expressions and templates are kept as [`Code`],
//! text with a place; `render` compiles and runs them.

mod comments;
mod lints;
mod load;
mod merge;
mod overlay;
mod relabel;
mod rules;
mod types;

use crate::source::{At, Span};
use crate::spec::Schema;
use crate::tree::{Kind, LabelRule};

/// The JSON Schema of a blueprint.
pub const JSON_SCHEMA: &str = include_str!("blueprint.schema.json");

/// A Tera text or expression and where it stands.
pub type Code = At<String>;

/// A blueprint with everything it extends merged into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// Its name.
    pub name: String,
    /// When to choose it.
    pub summary: Option<String>,
    /// Its file, as the user would name it.
    pub file: String,
    /// The names along the chain of `extends`, its own first.
    pub chain: Vec<String>,
    /// What a tool file may hold.
    pub schema: Schema,
    /// What it says about labels.
    pub labels: Vec<LabelRule>,
    /// Nodes, a parent before its children; the first is the tool's.
    pub nodes: Vec<NodeRule>,
    /// Rows in tables of items that people own.
    pub rows: Vec<RowRule>,
    /// Comments on nodes.
    pub comments: Vec<CommentRule>,
    /// What the process advises against.
    pub lints: Vec<LintRule>,
}

/// For what a rule makes a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForEach {
    /// Once per tool.
    Once,
    /// Per entry of a list; `functionality.issue` is nested.
    List(At<String>),
    /// Per pair of entries of two lists.
    Pair(At<String>, At<String>),
}

/// A label that a rule gives, perhaps under a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelUse {
    /// Its title.
    pub title: Code,
    /// When it is given.
    pub when: Option<Code>,
}

/// Keys of nodes that a node waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct DependsOn {
    /// The key, as a template.
    pub key: Code,
    /// The list whose entries it is made for, as `item`.
    pub for_each: Option<At<String>>,
    /// For which of them.
    pub when: Option<Code>,
}

/// A rule for nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRule {
    /// The key, as a template.
    pub key: Code,
    /// What to create.
    pub kind: Kind,
    /// For what.
    pub for_each: ForEach,
    /// The condition.
    pub when: Option<Code>,
    /// Under which condition it is made; without it a node that exists is kept, and none is made.
    pub creates: Option<Code>,
    /// Whether the node is the entry and takes its envelope.
    pub entry: bool,
    /// A key or `@place`, as a template.
    pub parent: Option<Code>,
    /// The name of a place.
    pub place: Option<At<String>>,
    /// The place of the issue that stands in for an epic below an epic.
    pub issue_place: Option<At<String>>,
    /// The title, as a template.
    pub title: Code,
    /// The template's file name.
    pub template: Option<At<String>>,
    /// Enforced labels.
    pub labels: Vec<LabelUse>,
    /// Labels set at creation.
    pub labels_once: Vec<LabelUse>,
    /// The weight, as a template.
    pub weight: Option<Code>,
    /// The milestone, as a template.
    pub milestone: Option<Code>,
    /// User names, as templates.
    pub assignees: Vec<Code>,
    /// The first day, as a template.
    pub start: Option<Code>,
    /// The last day, as a template.
    pub due: Option<Code>,
    /// What it waits for.
    pub depends_on: Vec<DependsOn>,
    /// Whether a changed parent is put back.
    pub enforce_parent: bool,
    /// Whether its item may be closed once all that it asks for is done.
    pub close_when_fulfilled: bool,
    /// Keys it had before, as templates.
    pub was: Vec<Code>,
    /// Where the rule stands.
    pub span: Span,
}

/// A rule for a row in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct RowRule {
    /// The name of a place that is an item.
    pub item: At<String>,
    /// The key of the node the row is about, as a template.
    pub node: Code,
    /// The link that identifies it otherwise, as a template.
    pub link: Option<Code>,
    /// The heading above the table, as a template.
    pub heading: Code,
    /// Column and text, as a template.
    pub cells: Vec<(String, Code)>,
    /// Columns that are people's once the row exists.
    pub write_once: Vec<At<String>>,
    /// The condition.
    pub when: Option<Code>,
    /// Where the rule stands.
    pub span: Span,
}

/// A rule for comments.
#[derive(Debug, Clone, PartialEq)]
pub struct CommentRule {
    /// The key of the node it is posted on, as a template.
    pub on: Code,
    /// For what.
    pub for_each: ForEach,
    /// The key, as a template.
    pub key: Code,
    /// The condition.
    pub when: Option<Code>,
    /// The file name of its template.
    pub template: At<String>,
    /// The file name of the template for what is said later in its thread.
    pub reply: Option<At<String>>,
    /// The condition under which it is said once more.
    pub again: Option<Code>,
    /// Keys it had before, as templates.
    pub was: Vec<Code>,
    /// Where the rule stands.
    pub span: Span,
}

/// A rule for advice.
#[derive(Debug, Clone, PartialEq)]
pub struct LintRule {
    /// The name under which it is waived.
    pub id: At<String>,
    /// For what.
    pub for_each: ForEach,
    /// The condition under which it applies; it sees `has`.
    pub when: Code,
    /// What is wrong, as a template.
    pub message: Code,
    /// What to do about it, as a template.
    pub hint: Code,
    /// The field whose place is shown.
    pub at: Option<At<String>>,
    /// Where the rule stands.
    pub span: Span,
}

impl Blueprint {
    /// The name of a rule's template within `templates/`, own name first, then along the chain.
    #[must_use]
    pub fn template_names(&self, template: &str) -> Vec<String> {
        self.chain.iter().map(|name| format!("{name}/{template}")).collect()
    }
}
