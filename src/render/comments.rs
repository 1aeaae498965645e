//! The comments a tool has on its nodes, with slots for whom they tell and what they are about.

use std::collections::{BTreeMap, BTreeSet};

use tera::{Context, Value as Tera};

use super::about::About;
use super::engine::Piece;
use super::expand::{Outline, Picked, old_keys, picks};
use super::filters::{ENTRIES, OWNERS};
use super::lint::Checked;
use super::{Engine, Scene, lint};
use crate::blueprint::{CommentRule, ForEach};
use crate::key::NodeKey;
use crate::problem::{Problem, Problems, nearest};
use crate::source::{At, offer, offer_quoted};
use crate::spec::schema::GROUPS;
use crate::spec::{Entry, Spec};
use crate::text::Text;
use crate::tree::DesiredComment;

/// The longest comment GitLab takes, in characters, less room for the hidden line.
const MAX_COMMENT: usize = 1_000_000 - 64 * 1024;

/// The texts and conditions of a comment.
pub(super) fn comment_pieces(rule: &CommentRule) -> Vec<Piece<'_>> {
    let piece = |what: &str, code, condition| Piece {
        what: format!("comment {}, {what}", rule.key.value),
        code,
        condition,
    };
    let mut pieces = vec![piece("key", &rule.key, false), piece("on", &rule.on, false)];
    pieces.extend(rule.when.as_ref().map(|code| piece("when", code, true)));
    pieces.extend(rule.again.as_ref().map(|code| piece("again", code, true)));
    pieces.extend(rule.was.iter().map(|code| piece("was", code, false)));
    pieces
}

/// Makes the comments.
pub(super) fn comments(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    engine: &Engine,
    out: &mut Problems,
) -> Vec<DesiredComment> {
    let mut base = outline.context.clone();
    base.insert_value(ENTRIES, entries(scene.spec));
    let mut seen: BTreeSet<NodeKey> = outline.nodes.iter().map(|n| n.key.clone()).collect();
    let mut comments = Vec::new();
    for rule in &scene.blueprint.comments {
        for (picked, mut context) in picks(scene, &rule.for_each, &base) {
            let label = group(rule, &context);
            let owners = owners(label.as_deref(), &context);
            let unowned = label.filter(|_| owners.is_empty());
            context.insert_value(OWNERS, owners.into());
            let one = One { scene, outline, engine, rule, picked, context };
            let Some(comment) = one.comment(out) else { continue };
            if !seen.insert(comment.key.clone()) {
                let local = comment.key.local();
                let message =
                    format!("two nodes or comments of {} have the key `{local}`", scene.spec.file);
                out.push(
                    rule.key.span.error(message).hint("make the key different for each entry"),
                );
                continue;
            }
            comments.push(DesiredComment { unowned, ..comment });
        }
    }
    comments
}

/// The label of the group that a comment is for.
fn group(rule: &CommentRule, context: &Context) -> Option<String> {
    let is_group = matches!(&rule.for_each, ForEach::List(list) if list.value == GROUPS);
    let label = context.get("each").filter(|_| is_group)?.get_from_path("label")?;
    label.as_str().map(str::to_owned)
}

/// Whom a comment may mention: the owners of the group that it is for, or of the groups of its entry.
fn owners(group: Option<&str>, context: &Context) -> Vec<Tera> {
    let part = |value: &Tera, name: &str| value.get_from_path(name).cloned();
    let many = |value: Option<Tera>| value.and_then(|v| v.as_array().map(<[Tera]>::to_vec));
    let of_each = |name: &str| context.get(name).and_then(|each| many(part(each, "groups")));
    let entries = ["each", "outer"].into_iter().filter_map(of_each).flatten();
    let labels: Vec<Tera> = group.map(Tera::from).into_iter().chain(entries).collect();
    let groups = context.get(GROUPS).and_then(Tera::as_array).unwrap_or_default();
    let ours = groups.iter().filter(|g| part(g, "label").is_some_and(|l| labels.contains(&l)));
    let people = |group: &Tera| {
        let lists = ["pm", "em"].into_iter().filter_map(|role| many(part(group, role)));
        lists.flatten().collect::<Vec<_>>()
    };
    ours.flat_map(people).collect()
}

/// Every entry as `list/id`, an issue as `list/entry/id`, with the names it had before.
fn entries(spec: &Spec) -> Tera {
    let ids = |entry: &Entry| -> Vec<String> {
        std::iter::once(&entry.id).chain(&entry.was).map(|id| id.value.clone()).collect()
    };
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (list, outer, entry) in spec.entries() {
        let list = list.split('.').next().unwrap_or_default();
        let above = outer.map_or_else(
            || vec![list.to_owned()],
            |outer| ids(outer).into_iter().map(|id| format!("{list}/{id}")).collect(),
        );
        let own = ids(entry);
        let names =
            above.iter().flat_map(|above| own.iter().map(move |id| format!("{above}/{id}")));
        let names: Vec<String> = names.collect();
        all.insert(names.first().cloned().unwrap_or_default(), names.join(" "));
    }
    Tera::from(
        all.into_iter().map(|(name, names)| (name.into(), names.into())).collect::<tera::Map>(),
    )
}

/// A rule applied to one entry.
struct One<'a, 's> {
    scene: &'s Scene<'a>,
    outline: &'s Outline<'a>,
    engine: &'s Engine,
    rule: &'a CommentRule,
    picked: Picked<'a>,
    context: Context,
}

impl One<'_, '_> {
    fn about(&self) -> About<'_> {
        About { what: "comment", name: &self.rule.key.value, file: &self.scene.spec.file }
    }

    fn comment(&self, out: &mut Problems) -> Option<DesiredComment> {
        self.made(out).map_err(|problem| out.push(*problem)).ok().flatten()
    }

    fn made(&self, out: &mut Problems) -> Result<Option<DesiredComment>, Box<Problem>> {
        let Self { scene, engine, rule, context, .. } = self;
        let about = self.about();
        if !engine.holds(rule.when.as_ref(), context, about)? {
            return Ok(None);
        }
        let key = self.key()?;
        let on = self.on()?;
        let again = rule.again.is_some() && engine.holds(rule.again.as_ref(), context, about)?;
        let codes: Vec<_> = std::iter::once(&rule.key).chain(&rule.was).collect();
        let was = old_keys(scene, engine, (&codes, about), &self.picked, context)?;
        let was = was.into_iter().filter(|old| *old != key).collect();
        let Some(text) = self.text(&rule.template, &key, out)? else { return Ok(None) };
        let reply = match &rule.reply {
            Some(template) => self.text(template, &key, out)?,
            None => None,
        };
        Ok(Some(DesiredComment { key, was, on, text, reply, again, unowned: None }))
    }

    fn key(&self) -> Result<NodeKey, Box<Problem>> {
        let local = self.engine.text(&self.rule.key, &self.context, self.about())?;
        NodeKey::of(&self.scene.spec.id, local.trim()).ok_or_else(|| {
            let message = format!("`{}` is not a key ({})", local.trim(), self.about());
            Box::new(self.rule.key.span.error(message).hint("a key is ids joined by `/`"))
        })
    }

    fn on(&self) -> Result<NodeKey, Box<Problem>> {
        let on = &self.rule.on;
        let local = self.engine.text(on, &self.context, self.about())?;
        let mut nodes = self.outline.nodes.iter().map(|node| &node.key);
        let key = NodeKey::of(&self.scene.spec.id, local.trim());
        key.filter(|key| nodes.clone().any(|node| node == key)).ok_or_else(|| {
            let near = nearest(local.trim(), nodes.by_ref().map(NodeKey::local));
            let message = format!(
                "{} is posted on `{}`, which this tool does not have",
                self.about(),
                local.trim()
            );
            let guard = || "guard it with `when = \"has(key='…')\"`".to_owned();
            let problem = on.span.error(message);
            Box::new(if on.value.contains('{') {
                offer(problem, near, guard)
            } else {
                offer_quoted(problem, near, guard)
            })
        })
    }

    /// A rendered template; nothing if it says nothing.
    fn text(
        &self,
        at: &At<String>,
        key: &NodeKey,
        out: &mut Problems,
    ) -> Result<Option<Text>, Box<Problem>> {
        let Self { scene, engine, .. } = self;
        let names = scene.blueprint.template_names(at);
        let Some(name) = names.iter().find(|name| engine.templates.contains_key(*name)) else {
            return Ok(None);
        };
        let about = About { what: "comment", name: key.local(), file: &scene.spec.file };
        let text = lint::tidy(&engine.template(name, &self.context, about)?);
        let entry = self.picked.entry();
        let span = entry.map_or(&at.span, |entry| &entry.id.span);
        let instead = "a comment mentions only by `mention(handles=…)`";
        let checked = Checked { about: about.to_string(), template: name, entry, span, instead };
        lint::words(scene, &checked, engine, &text, out);
        if text.chars().count() > MAX_COMMENT {
            let message = format!("{about} has more than {MAX_COMMENT} characters");
            out.push(span.error(message).hint("shorten its texts"));
        }
        if text.is_empty() {
            return Ok(None);
        }
        let text = Text::parse(&scene.spec.id, &text).map_err(|bad| {
            let message = format!("a slot of {about} is broken: {}", bad.0);
            span.error(message).hint("use `ref`, `tick`, `mention` and `about` as they are")
        })?;
        Ok(Some(text))
    }
}
