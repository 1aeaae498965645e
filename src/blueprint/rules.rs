//! Reads nodes and rows, and checks that what they name is declared.

use std::collections::BTreeSet;

use super::{
    Blueprint, Code, DependsOn, ForEach, LabelUse, NodeRule, RowRule, comments, lints, measures,
    types,
};
use crate::problem::{Problems, nearest};
use crate::source::{At, Fields, Span, Table, Value, offer_quoted, string_of, wrong};
use crate::spec::schema::{Fields as Declared, GROUPS, Schema};
use crate::tree::Kind;

/// Reads a node; `None` if it is skipped or broken.
pub(super) fn node(table: &Table, out: &mut Problems) -> Option<NodeRule> {
    let mut fields = Fields::of(table, "[[node]]");
    if fields.bool("skip", out) == Some(true) {
        return None;
    }
    let key = fields.required("key", "add `key = \"…\"`", out);
    let kind = fields
        .required("type", "add `type = \"epic\"`, or issue or task", out)
        .and_then(|at| kind(at, out));
    let title = fields.required("title", "add `title = \"…\"`", out);
    let place = fields.required("place", "name a place of the workspace", out);
    let enforce = fields.strings("enforce", out).unwrap_or_default();
    for at in enforce.iter().filter(|at| at.value != "parent") {
        out.push(
            at.span
                .error(format!("`{}` cannot be enforced", at.value))
                .hint("only \"parent\" can")
                .patch("\"parent\""),
        );
    }
    let rule = NodeRule {
        for_each: for_each(&mut fields, out),
        when: fields.string("when", out),
        creates: fields.string("creates", out),
        entry: fields.bool("entry", out).unwrap_or(false),
        parent: fields.string("parent", out),
        issue_place: fields.string("issue-place", out),
        template: fields.string("template", out),
        labels: labels("labels", &mut fields, out),
        labels_once: labels("labels-once", &mut fields, out),
        weight: fields.text("weight", out),
        milestone: fields.text("milestone", out),
        assignees: fields.strings("assignees", out).unwrap_or_default(),
        start: fields.text("start", out),
        due: fields.text("due", out),
        depends_on: depends_on(&mut fields, out),
        enforce_parent: !enforce.is_empty(),
        close_when_fulfilled: fields.bool("close-when-fulfilled", out).unwrap_or(false),
        was: fields.string_or_list("was", out),
        span: table.span.clone(),
        place,
        key: key.unwrap_or_default(),
        kind: kind.unwrap_or(Kind::Epic),
        title: title.unwrap_or_default(),
    };
    fields.finish(out);
    (kind.is_some() && !rule.key.is_empty() && !rule.title.is_empty()).then_some(rule)
}

fn kind(at: At<String>, out: &mut Problems) -> Option<Kind> {
    let kind = Kind::parse(&at.value);
    if kind.is_none() {
        let problem = at.span.error(format!("`{}` is not a type of work item", at.value));
        out.push(offer_quoted(problem, nearest(&at.value, ["epic", "issue", "task"]), || {
            "one of: epic, issue, task".into()
        }));
    }
    kind
}

pub(super) fn for_each(fields: &mut Fields<'_>, out: &mut Problems) -> ForEach {
    let lists = fields.string_or_list("for-each", out);
    let span = fields.table().span.clone();
    let mut lists = lists.into_iter();
    match (lists.next(), lists.next(), lists.next()) {
        (None, _, _) => ForEach::Once,
        (Some(list), None, _) => ForEach::List(list),
        (Some(a), Some(b), None) => ForEach::Pair(a, b),
        (Some(_), Some(_), Some(_)) => {
            out.push(span.error("`for-each` takes one list or two").hint("take one out"));
            ForEach::Once
        }
    }
}

fn labels(key: &str, fields: &mut Fields<'_>, out: &mut Problems) -> Vec<LabelUse> {
    let Some(entry) = fields.take(key) else {
        return Vec::new();
    };
    let Value::Array(items) = &entry.value.value else {
        return wrong(key, &entry.value, &entry.value.value, "a list of labels", out)
            .unwrap_or_default();
    };
    let label = |item: &At<Value>| match &item.value {
        Value::Table(table) => {
            let mut fields = Fields::of(table, format!("a label of `{key}`"));
            let title = fields.required("label", "add `label = \"…\"`", out);
            let when = fields.string("when", out);
            fields.finish(out);
            Some(LabelUse { title: title?, when })
        }
        _ => Some(LabelUse { title: string_of(key, item, out)?, when: None }),
    };
    items.iter().filter_map(label).collect()
}

fn depends_on(fields: &mut Fields<'_>, out: &mut Problems) -> Vec<DependsOn> {
    let key = "depends-on";
    let Some(entry) = fields.take(key) else {
        return Vec::new();
    };
    let Value::Array(items) = &entry.value.value else {
        return wrong(key, &entry.value, &entry.value.value, "a list of keys", out)
            .unwrap_or_default();
    };
    let depends = |item: &At<Value>| match &item.value {
        Value::Table(table) => {
            let mut fields = Fields::of(table, "an entry of `depends-on`");
            let for_each = fields.required("for-each", "name a list", out);
            let key = fields.required("key", "add `key = \"…\"`", out);
            let when = fields.string("when", out);
            fields.finish(out);
            Some(DependsOn { key: key?, for_each: Some(for_each?), when })
        }
        _ => Some(DependsOn { key: string_of(key, item, out)?, for_each: None, when: None }),
    };
    items.iter().filter_map(depends).collect()
}

/// Reads a row; `None` if it is broken or skipped.
pub(super) fn row(table: &Table, out: &mut Problems) -> Option<RowRule> {
    let mut fields = Fields::of(table, "[[table-row]]");
    if fields.bool("skip", out) == Some(true) {
        return None;
    }
    let item = fields.required("item", "name a place that is an item, \"@root\"", out);
    let node = fields.required("node", "give the key of the node the row is about", out);
    let heading = fields.required("heading", "give the heading above the table", out);
    let link = fields.string("link", out);
    let cells = fields.table_at("cells", out).map(|t| cells(t, out)).unwrap_or_default();
    let write_once = fields.strings("write-once", out).unwrap_or_default();
    let when = fields.string("when", out);
    fields.finish(out);
    for at in &write_once {
        if !cells.iter().any(|(column, _)| *column == at.value) {
            let problem = at
                .span
                .error(format!("`write-once` names `{}`, which is no column of `cells`", at.value));
            let near = nearest(&at.value, cells.iter().map(|(column, _)| column.as_str()));
            out.push(offer_quoted(problem, near, || "name a column".into()));
        }
    }
    Some(RowRule {
        item: item?,
        node: node?,
        link,
        heading: heading?,
        cells,
        write_once,
        when,
        span: table.span.clone(),
    })
}

fn cells(table: &Table, out: &mut Problems) -> Vec<(String, Code)> {
    let text = |(column, entry): (&str, &crate::source::Entry)| match &entry.value.value {
        Value::String(text) => {
            Some((column.to_owned(), At { value: text.clone(), span: entry.value.span.clone() }))
        }
        other => wrong(column, &entry.value, other, "a string", out),
    };
    table.in_order().into_iter().filter_map(text).collect()
}

/// Checks the names that rules and types use.
pub(super) fn check(blueprint: &Blueprint, root: &Table, out: &mut Problems) {
    let known = Lists(&blueprint.schema);
    if blueprint.nodes.is_empty() {
        out.push(
            root.span
                .error("the blueprint has no [[node]]")
                .hint("add one; the first is the tool's own"),
        );
    }
    known.clashes(root, out);
    known.types(out);
    let mut keys = BTreeSet::new();
    let mut owners = BTreeSet::new();
    for (at, node) in blueprint.nodes.iter().enumerate() {
        if !keys.insert(node.key.value.as_str()) {
            out.push(
                node.key
                    .span
                    .error(format!("two nodes have the key `{}`", node.key.value))
                    .hint("give each a key of its own"),
            );
        }
        known.node(at, node, &mut owners, out);
    }
    comments::check(blueprint, &known, out);
    lints::check(blueprint, &known, out);
    measures::check(blueprint, &known, out);
}

/// Checks that a node with a fixed key is declared; the others show with a tool file.
pub(super) fn is_node(blueprint: &Blueprint, code: &Code, what_for: &str, out: &mut Problems) {
    let wanted = code.value.as_str();
    let may_be = |key: &str| match key.split_once('{') {
        Some((fixed, _)) => wanted.starts_with(fixed),
        None => wanted == key,
    };
    let mut nodes = blueprint.nodes.iter().map(|node| node.key.value.as_str());
    if wanted.contains('{') || nodes.clone().any(may_be) {
        return;
    }
    let problem = code.span.error(format!("there is no node `{wanted}` to {what_for}"));
    let near = nearest(wanted, nodes.by_ref());
    out.push(offer_quoted(problem, near, || {
        "name the key of a [[node]], or take it out with `skip = true`".to_owned()
    }));
}

pub(super) struct Lists<'a>(&'a Schema);

impl Lists<'_> {
    fn names(&self) -> Vec<String> {
        let lists = self.0.lists.keys().flat_map(|name| [name.clone(), format!("{name}.issue")]);
        lists.chain(self.0.data.keys().cloned()).chain([GROUPS.to_owned()]).collect()
    }

    fn list(&self, at: &At<String>, out: &mut Problems) {
        let names = self.names();
        if !names.contains(&at.value) {
            let problem = at.span.error(format!("there is no list `{}`", at.value));
            let near = nearest(&at.value, names.iter().map(String::as_str));
            out.push(offer_quoted(problem, near, || format!("known: {}", names.join(", "))));
        }
    }

    /// Checks the lists that a rule is made for.
    pub(super) fn each(&self, for_each: &ForEach, out: &mut Problems) {
        match for_each {
            ForEach::Once => {}
            ForEach::List(list) => self.list(list, out),
            ForEach::Pair(a, b) => {
                self.list(a, out);
                self.list(b, out);
            }
        }
    }

    fn node<'n>(
        &self,
        at: usize,
        node: &'n NodeRule,
        owners: &mut BTreeSet<&'n str>,
        out: &mut Problems,
    ) {
        self.each(&node.for_each, out);
        for list in node.depends_on.iter().filter_map(|d| d.for_each.as_ref()) {
            self.list(list, out);
        }
        let conditional = node.when.is_some() || node.creates.is_some();
        if at == 0 && (node.for_each != ForEach::Once || conditional) {
            out.push(
                node.span
                    .error("the first node is the tool's own and must always be there")
                    .hint("take out its `for-each`, `when` and `creates`"),
            );
        }
        if at == 0 && node.kind != Kind::Epic && node.parent.is_none() {
            // The search of last resort sees epics only: each run would create it anew.
            out.push(node.span.error("the first node is not an epic and has no `parent`, so a later run could not find it").hint("give it `parent = \"@…\"`, or make it an epic"));
        }
        if !node.entry {
            return;
        }
        match &node.for_each {
            ForEach::List(list)
                if self.0.lists.contains_key(list.split('.').next().unwrap_or_default()) =>
            {
                if !owners.insert(&list.value) {
                    out.push(
                        node.span
                            .error(format!("two nodes are the entries of `{}`", list.value))
                            .hint("leave `entry = true` on one"),
                    );
                }
            }
            ForEach::Once | ForEach::List(_) | ForEach::Pair(..) => {
                out.push(
                    node.span
                        .error("`entry = true` wants `for-each` with one list of the tool file")
                        .hint("take it out, or name a list"),
                );
            }
        }
    }

    fn clashes(&self, root: &Table, out: &mut Problems) {
        let fixed = [
            "tool",
            "each",
            "outer",
            "workspace",
            "node",
            "groups",
            "urls",
            "item",
            "items",
            "schema",
            "waive",
            "loop",
        ];
        let mut seen: BTreeSet<&str> = fixed.into_iter().collect();
        let own = self.0.lists.keys().chain(self.0.tables.keys()).chain(self.0.data.keys());
        for name in own {
            if !seen.insert(name) {
                let place = ["list", "table", "data"].iter().find_map(|key| {
                    match &root.entries.get(*key)?.value.value {
                        Value::Table(table) => table.entries.get(name).map(|e| e.key.clone()),
                        _ => None,
                    }
                });
                let span: Span = place.unwrap_or_else(|| root.span.clone());
                out.push(
                    span.error(format!("the name `{name}` is taken")).hint("choose another name"),
                );
            }
        }
    }

    fn types(&self, out: &mut Problems) {
        let check = |declared: &Declared, out: &mut Problems| {
            for field in declared.values() {
                for list in types::refs(&field.ty) {
                    self.list(&At { value: list.to_owned(), span: field.span.clone() }, out);
                }
            }
        };
        check(&self.0.tool, out);
        self.0.tables.values().for_each(|declared| check(declared, out));
        for list in self.0.lists.values() {
            check(&list.fields, out);
            check(&list.issue_fields, out);
        }
    }
}
