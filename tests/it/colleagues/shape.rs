//! The blueprint of the trees that colleagues edit.

use crate::world::Shape;

/// A tree whose texts have paragraphs, headings, lists, boxes and tables.
pub(super) fn shape() -> Shape {
    Shape::new(BLUEPRINT, &[("top.md", TOP), ("part.md", PART), ("item.md", ITEM)])
}

const BLUEPRINT: &str = r#"schema = 1
name = "small"
[tool.fields]
home = "url"
notes = { list = "string" }
[list.part.fields]
state = "string"
paras = { list = "string" }
boxes = { list = "string" }
points = { list = "string" }
after = "string"
[list.part.issue.fields]
paras = { list = "string" }
boxes = { list = "string" }
ticks = "string"
under = "string"
[[node]]
key = "top"
type = "epic"
parent = "@root"
place = "epics"
title = "{{ tool.name }} integration"
template = "top.md"
labels = ["kept"]
[[node]]
key = "part/{{ each.id }}"
type = "epic"
for-each = "part"
entry = true
parent = "top"
place = "epics"
title = "Part {{ each.name }}"
template = "part.md"
[[node]]
key = "part/{{ outer.id }}/{{ each.id }}"
type = "issue"
for-each = "part.issue"
entry = true
parent = "part/{% if each.under %}{{ each.under }}{% else %}{{ outer.id }}{% endif %}"
place = "issues"
title = "{{ each.title }}"
template = "item.md"
labels = ["kept"]
labels-once = ["once"]
[[node]]
key = "sunset"
type = "epic"
parent = "top"
place = "epics"
title = "{{ tool.name }} sunset"
[[node]]
key = "sunset/{{ each.id }}"
type = "issue"
for-each = "part"
parent = "sunset"
place = "issues"
title = "Retire {{ each.name }}"
[[table-row]]
item = "@root"
node = "top"
link = "{{ tool.home }}"
heading = "Tools"
cells = { "Tool" = "[{{ tool.name | cell }}]({{ tool.home }})", "Epic" = "{{ ref(key='top') }}+", "Status" = "new" }
write-once = ["Status"]
"#;

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
