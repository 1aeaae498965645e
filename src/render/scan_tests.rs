use std::rc::Rc;

use super::*;

fn known() -> Names {
    let record = |words: &[&str]| {
        Shape::Record(Rc::new(words.iter().map(|w| ((*w).to_owned(), Shape::Scalar)).collect()))
    };
    let part = Shape::List(Rc::new(record(&["id", "name"])));
    Names::from([("tool".to_owned(), record(&["name", "id"])), ("part".to_owned(), part)])
}

fn found(text: &str) -> Vec<String> {
    let templates = BTreeMap::from([("p.md".to_owned(), "{% if p.nmae %}x{% endif %}".to_owned())]);
    let mut scan = Scan { templates: &templates, found: BTreeSet::new(), included: 0 };
    scan.template("t", text, &known(), 0);
    scan.found.into_iter().map(|u| format!("{} {}", u.template, u.message)).collect()
}

#[test]
fn what_is_declared_is_no_problem() {
    for text in [
        "{{ tool.name }} {% if tool.id == 'x.y' %}{{ tool[\"name\"] }}{% endif %}",
        "{% for p in part %}{{ p.name | default(value=tool.id) }}{% if loop.first %}{% endif %}{% endfor %}",
        "{{ [p.name for p in part] | join(sep=\", \") }}",
        "{% set x = tool.name %}{{ x }}",
        "{{ part[0].name }} {{ part | length }} {{ ref(key=tool.id) }}",
        "{# tool.x #} {% raw %}{{ tool.x }}{% endraw %}",
        "{{ tool.name if tool.id else 'tool.x' }} {% if tool.id is defined and tool.name is not none %}{% endif %}",
        "{% for p in part | sort(attribute=\"name\") %}{{ p.id }}{% endfor %}",
        "{%- if tool.name -%}{%- endif -%}",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn silent_mistakes_are_found() {
    let cases = [
        ("{% if tool.nmae %}{% endif %}", "t `tool` has no field `nmae`"),
        ("{{ 'x' ~ tool.nmae }}", "t `tool` has no field `nmae`"),
        ("{% if 'x' in toll.id %}{% endif %}", "t nothing is named `toll` here"),
        (
            "{% for p in part %}{% if p.nmae == 'x' %}{% endif %}{% endfor %}",
            "t `p` has no field `nmae`",
        ),
        ("{% if part.name %}{% endif %}", "t `part` is a list and has no field `name`"),
        ("{% if tool.name.x %}{% endif %}", "t `tool.name` is a single value and has no field `x`"),
        ("{% for p in part %}{% include \"p.md\" %}{% endfor %}", "p.md `p` has no field `nmae`"),
        ("{{ [p.nmae for p in part] | join }}", "t `p` has no field `nmae`"),
        ("{% for p in part %}{% endfor %}{% if p %}{% endif %}", "t nothing is named `p` here"),
        ("{% if tool[part[0].x] %}{% endif %}", "t `part` has no field `x`"),
        (
            "{% if not tool.nmae %}{% elif tool['nmae'] %}{% endif %}",
            "t `tool` has no field `nmae`",
        ),
        ("{{ x | default(value=tool.y) }}", "t nothing is named `x` here"),
    ];
    for (text, wanted) in cases {
        let found = found(text);
        assert!(found.contains(&wanted.to_owned()), "{text}: {found:?}");
    }
}

#[test]
fn odd_templates_do_not_panic() {
    for text in [
        "{{",
        "{%",
        "{{ '",
        "{{ [",
        "{% for",
        "{% for x in",
        "{{ ä.ö }}",
        "{% set x",
        "{{ tool. }}",
        "{{ a[b[c[ }}",
        "{#",
        "{{ '' }}",
        "{{ \"ä",
    ] {
        found(text);
    }
}
