//! The blueprint of the trees that colleagues edit.

use crate::world::Shape;

/// A tree whose texts have paragraphs, headings, lists, boxes and tables.
pub(super) fn shape() -> Shape {
    let usual = Shape::small().blueprint;
    let blueprint = FIELDS.iter().fold(usual, |text, (from, to)| text.replacen(from, to, 1));
    Shape::new(&blueprint, &[("top.md", TOP), ("part.md", PART), ("item.md", ITEM)])
}

/// What tool files may say beside the usual.
const FIELDS: [(&str, &str); 3] = [
    ("home = \"url\"\n", "home = \"url\"\nnotes = { list = \"string\" }\n"),
    (
        "[list.part.fields]\nvalue = \"text\"\n",
        "[list.part.fields]\nstate = \"string\"\nparas = { list = \"string\" }\nboxes = { list = \"string\" }\n\
         points = { list = \"string\" }\nafter = \"string\"\n",
    ),
    (
        "[list.part.issue.fields]\nvalue = \"text\"\n",
        "[list.part.issue.fields]\nparas = { list = \"string\" }\n",
    ),
];

const TOP: &str = "{{ tool.summary }}

## Functionality

| What | Epic | State |
| --- | --- | --- |
{%- for p in part %}
| {{ p.name | cell }} | {{ ref(key=p.key) }}+ | {{ p.state }} |
{%- endfor %}

## Checklist
{% for p in part %}
- [{{ tick(key=p.key) }}] {{ ref(key=p.key) }}+
{%- endfor %}

{% if tool.notes %}
## Notes
{% for note in tool.notes %}

{{ note }}
{% endfor %}
{% endif %}";

const PART: &str = "{% for para in each.paras %}
{{ para }}

{% endfor %}
{% if each.boxes %}
## Steps
{% for box in each.boxes %}
- [ ] {{ box }}
{%- endfor %}
{% endif %}
{% if each.points %}
## Points
{% for point in each.points %}
- {{ point }}
{%- endfor %}
{% endif %}
{% if each.issue %}
## Issues

| Issue | Weight |
| --- | --- |
{%- for issue in each.issue %}
| {{ ref(key=issue.key) }}+ | {% if issue.weight %}{{ issue.weight }}{% else %}open{% endif %} |
{%- endfor %}
{% endif %}
## Afterwards

{{ each.after }}";

const ITEM: &str = "{% for para in each.paras %}
{{ para }}

{% endfor %}
{% if each.boxes %}
{% for box in each.boxes %}
- [ ] {{ box }}
{%- endfor %}
{% endif %}
{% if each.ticks %}
- [{{ tick(key=each.ticks) }}] Other work
{% endif %}";
