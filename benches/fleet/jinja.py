"""Renders a number of texts of about a number of bytes with one compiled Jinja2 template."""

import sys

from jinja2 import Environment

count, size = int(sys.argv[1]), int(sys.argv[2])
LINE = "- [ ] {{ entry.name | trim }}{% if entry.owner %}, {{ entry.owner }}{% endif %}: {{ tool.summary }}\n"
template = Environment(trim_blocks=True).from_string(
    "# {{ tool.name }}\n\n{% for entry in entries %}\n" + LINE + "{% endfor %}\n"
)
entry = {"name": "One of the things that the text lists", "owner": "group::somebody"}
tool = {"name": "Tool", "summary": "It works, and says so here."}
one = len(template.render(tool=tool, entries=[entry])) - len(template.render(tool=tool, entries=[]))
entries = [entry] * max(1, size // one)
total = 0
for n in range(count):
    total += len(template.render(tool={**tool, "name": f"Tool {n}"}, entries=entries))
print(total)
