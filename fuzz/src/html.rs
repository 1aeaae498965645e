//! A narrow look at HTML: what of it could run, load or lead somewhere.

/// Attributes that hold an address.
const ADDRESSES: [&str; 9] =
    ["href", "src", "action", "formaction", "poster", "data", "srcset", "xlink:href", "background"];
/// Elements that run, load or send something, or change the page around them.
const ELEMENTS: [&str; 16] = [
    "script", "iframe", "object", "embed", "style", "link", "meta", "base", "form", "frame",
    "video", "audio", "applet", "noscript", "template", "textarea",
];

/// Holds that rendered Markdown can do nothing but be read, and lead where a reader expects.
pub fn harmless(html: &str) {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix("!--") {
            let end = behind.find("-->").unwrap_or_else(|| panic!("an open comment in {html}"));
            rest = &behind[end..];
            continue;
        }
        rest = tag(rest, html);
    }
}

/// Looks at one tag, from behind its `<`; answers what follows.
fn tag<'a>(text: &'a str, html: &str) -> &'a str {
    let name = text.trim_start_matches('/');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let (name, mut rest) = name.split_at(end);
    let name = name.to_ascii_lowercase();
    assert!(!name.is_empty() && !ELEMENTS.contains(&name.as_str()), "<{name}> in {html}");
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(behind) = rest.strip_prefix('>') {
            return behind;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || "=>/".contains(c));
        let (attribute, behind) =
            rest.split_at(end.unwrap_or_else(|| panic!("an open tag in {html}")));
        rest = behind;
        let mut value = "";
        if let Some(behind) = rest.strip_prefix('=') {
            let quoted = behind.strip_prefix('"').unwrap_or_else(|| panic!("unquoted in {html}"));
            let end = quoted.find('"').unwrap_or_else(|| panic!("an open value in {html}"));
            value = &quoted[..end];
            rest = &quoted[end + 1..];
        }
        judge(&attribute.to_ascii_lowercase(), value, html);
    }
}

fn judge(attribute: &str, value: &str, html: &str) {
    assert!(!attribute.starts_with("on") && attribute != "srcdoc", "{attribute} in {html}");
    assert!(!value.contains('<'), "{value:?} in {html}");
    if !ADDRESSES.contains(&attribute) {
        return;
    }
    // As browsers read it: entities resolved, blanks and control characters skipped.
    let address: String = plain(value).chars().filter(|c| !c.is_control() && *c != ' ').collect();
    let before = address.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((scheme, _)) = before.split_once(':') {
        let known = ["http", "https", "mailto", "ftp", "xmpp"];
        assert!(known.contains(&scheme.to_ascii_lowercase().as_str()), "{address:?} in {html}");
    }
}

/// A text without the entities that can stand for a character.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let entity = behind.split_once(';').and_then(|(name, behind)| {
            let number = name.strip_prefix('#');
            let c = match number.map(|n| n.strip_prefix(['x', 'X']).map_or((n, 10), |n| (n, 16))) {
                Some((digits, radix)) => char::from_u32(u32::from_str_radix(digits, radix).ok()?)?,
                None => match name {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "colon" => ':',
                    "Tab" => '\t',
                    "NewLine" => '\n',
                    _ => return None,
                },
            };
            Some((c, behind))
        });
        let (c, behind) = entity.unwrap_or(('&', behind));
        out.push(c);
        rest = behind;
    }
    out + rest
}
