//! Descriptions and comments as GitLab shows them. GitLab's own parser is comrak;
//! what it leaves to GitLab is done on the parsed text, so that nothing of a
//! text reaches the page but through an escape.

use comrak::nodes::{AstNode, NodeLink, NodeValue};
use comrak::options::Options;
use comrak::{Arena, format_html, parse_document};

use super::html::Open;
use super::picture::picture;
use super::references::{Target, chips};
use super::{escape, is_unseen};

type Node<'a> = &'a AstNode<'a>;

/// Renders a description or comment.
#[must_use]
pub fn markdown(text: &str) -> String {
    markdown_with(text, &|_| None)
}

/// Renders a description or comment, its references led where `find` says.
///
/// `find` is asked for `group/project#12`, `&3`, `!4`, whole addresses of items, and for
/// names between `REF_OPEN` and `REF_CLOSE`.
#[must_use]
pub fn markdown_with(text: &str, find: &dyn Fn(&str) -> Option<Target>) -> String {
    let text: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    let arena = Arena::new();
    let options = options();
    let root = parse_document(&arena, &text, &options);
    let nodes: Vec<Node<'_>> = root.descendants().collect();
    let notes = format!("{:08x}-", fingerprint(&text));
    for node in &nodes {
        mend(node, &notes, find);
        task(node, &arena);
    }
    for node in &nodes {
        raw_html(node, &arena);
        references(node, find);
    }
    let mut html = String::from("<div class=\"md\">\n");
    format_html(root, &options, &mut html).expect("a string takes all that is written");
    html.push_str("</div>");
    html
}

/// How texts are read.
pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.description_lists = true;
    options.extension.multiline_block_quotes = true;
    options.parse.relaxed_tasklist_matching = true;
    options.parse.tasklist_in_table = true;
    options.parse.escaped_char_spans = true;
    options.render.tasklist_classes = true;
    options.render.ignore_empty_links = true;
    options
}

/// Names the footnotes of this text apart from those of others on the page (FNV-1a).
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

/// What only concerns a node itself.
fn mend(node: Node<'_>, notes: &str, find: &dyn Fn(&str) -> Option<Target>) {
    let mut data = node.data_mut();
    match &mut data.value {
        NodeValue::FootnoteDefinition(note) => note.name.insert_str(0, notes),
        NodeValue::FootnoteReference(note) => note.name.insert_str(0, notes),
        NodeValue::Link(link) => {
            bare(node);
            if is_safe(&link.url) {
                if let Some(Target { title, url: Some(url), .. }) = find(&link.url) {
                    **link = NodeLink { url, title };
                }
            } else {
                drop(data);
                unwrap(node);
            }
        }
        NodeValue::CodeBlock(code) if code.info.split_whitespace().next() == Some("mermaid") => {
            if let Some(picture) = picture(&code.literal) {
                data.value = NodeValue::Raw(picture);
            }
        }
        NodeValue::Image(link) => {
            // A picture would be loaded from elsewhere: its description leads there.
            bare(node);
            let url = std::mem::take(&mut link.url);
            if is_safe(&url) {
                data.value = NodeValue::Link(Box::new(NodeLink { url, title: String::new() }));
            } else {
                drop(data);
                unwrap(node);
            }
        }
        _ => {}
    }
}

/// A box that is neither open nor ticked: `[~]` does not apply, all else is no box.
fn task<'a>(node: Node<'a>, arena: &'a Arena<'a>) {
    let symbol = match &node.data().value {
        NodeValue::TaskItem(item) => item.symbol,
        _ => return,
    };
    let first = node.first_child();
    match symbol {
        None | Some('x' | 'X') => {}
        Some('~') => {
            if let NodeValue::TaskItem(item) = &mut node.data_mut().value {
                item.symbol = None;
            }
            let struck = arena.alloc(NodeValue::Strikethrough.into());
            if let Some(line) = first {
                line.children()
                    .collect::<Vec<_>>()
                    .into_iter()
                    .for_each(|part| struck.append(part));
                line.append(struck);
            }
        }
        Some(symbol) => {
            let list = node.parent().and_then(|list| match list.data().value {
                NodeValue::List(list) => Some(list),
                _ => None,
            });
            let shown = NodeValue::Raw(escape(&format!("[{symbol}] ")));
            match (list, first) {
                (Some(list), Some(line)) => {
                    node.data_mut().value = NodeValue::Item(list);
                    line.prepend(arena.alloc(shown.into()));
                }
                _ => node.data_mut().value = shown,
            }
        }
    }
}

/// Takes links and references out of what is a link itself.
fn bare(node: Node<'_>) {
    for below in node.descendants().skip(1).collect::<Vec<_>>() {
        let mut data = below.data_mut();
        match &data.value {
            NodeValue::Text(text) => data.value = NodeValue::Raw(escape(text)),
            NodeValue::Link(_) | NodeValue::Image(_) => {
                drop(data);
                unwrap(below);
            }
            _ => {}
        }
    }
}

/// Puts what a node holds in its place.
fn unwrap(node: Node<'_>) {
    node.children().collect::<Vec<_>>().into_iter().for_each(|child| node.insert_before(child));
    node.detach();
}

/// Tells whether a page may link to an address: to the web, to a mailbox, or within itself.
fn is_safe(url: &str) -> bool {
    let url = url.trim_start().to_ascii_lowercase();
    ["https://", "http://", "mailto:", "#"].iter().any(|scheme| url.starts_with(scheme))
}

/// Cleans the raw HTML among the children of a node.
fn raw_html<'a>(parent: Node<'a>, arena: &'a Arena<'a>) {
    let mut open = Open::default();
    for node in parent.children() {
        let mut data = node.data_mut();
        let cleaned = match &data.value {
            NodeValue::HtmlBlock(block) => format!("{}\n", open.clean(&block.literal, true)),
            NodeValue::HtmlInline(raw) => open.clean(raw, false),
            _ => continue,
        };
        data.value = NodeValue::Raw(cleaned);
    }
    let end = open.end();
    if !end.is_empty() {
        parent.append(arena.alloc(NodeValue::Raw(end).into()));
    }
}

/// Draws the references in a run of text.
fn references(node: Node<'_>, find: &dyn Fn(&str) -> Option<Target>) {
    let is_text = |node: Node<'_>| matches!(node.data().value, NodeValue::Text(_));
    if !is_text(node) || node.previous_sibling().is_some_and(is_text) {
        return;
    }
    let mut run = String::new();
    let mut next = Some(node);
    while let Some(part) = next.filter(|part| is_text(part)) {
        next = part.next_sibling();
        if let NodeValue::Text(text) = &part.data().value {
            run.push_str(text);
        }
        if !part.same_node(node) {
            part.detach();
        }
    }
    node.data_mut().value = NodeValue::Raw(chips(&run, find));
}
