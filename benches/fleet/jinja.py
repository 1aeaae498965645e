"""Renders texts of about a number of bytes, and expressions, each a Jinja2 template compiled once."""

import sys

from jinja2 import Environment

texts, size, expressions = (int(word) for word in sys.argv[1:])
LINE = "- [ ] {{ entry.name | trim }}{% if entry.owner %}, {{ entry.owner }}{% endif %}: {{ tool.summary }}\n"
environment = Environment(trim_blocks=True)
text = environment.from_string(
    "# {{ tool.name }}\n\n{% for entry in entries %}\n" + LINE + "{% endfor %}\n"
)
expression = environment.from_string("{% if entry.owner != 'nobody' %}1{% endif %}")
entry = {"name": "One of the things that the text lists", "owner": "group::somebody"}
tool = {"name": "Tool", "summary": "It works, and says so here."}
one = len(text.render(tool=tool, entries=[entry])) - len(text.render(tool=tool, entries=[]))
entries = [entry] * max(1, size // one)
total = 0
for n in range(texts):
    total += len(text.render(tool={**tool, "name": f"Tool {n}"}, entries=entries))
for n in range(expressions):
    total += len(expression.render(tool=tool, entry=entry))
print(total)
