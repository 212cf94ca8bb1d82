"""`coalmine schema` as an editor uses it: every shipped scenario is valid by it, and mistakes an editor should
underline are not. usage: check_schema.py COALMINE SCENARIO...   Needs python3-jsonschema and python3-yaml; exits
77 where they are missing, which CTest counts as skipped."""

import copy
import json
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


class Yaml12(yaml.SafeLoader):
    """Only true and false are booleans: `on` is a key of ours, and a text in YAML 1.2, as editors read it."""


Yaml12.yaml_implicit_resolvers = {
    first: [r for r in resolvers if r[0] != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

coalmine, files = sys.argv[1], sys.argv[2:]
schema = json.loads(subprocess.run([coalmine, "schema"], capture_output=True, check=True).stdout)
validator_class = jsonschema.validators.validator_for(schema)
validator_class.check_schema(schema)
validator = validator_class(schema)
failures = 0


def check(what, document, valid):
    global failures
    errors = list(validator.iter_errors(document))
    if bool(errors) != (not valid):
        failures += 1
        print(f"{what}: expected {'valid' if valid else 'a mistake'}, found",
              [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors[:5]])


assert files, "no scenarios given"
scenarios = {}
for file in files:
    with open(file, encoding="utf-8") as text:
        scenarios[file] = next(yaml.load_all(text, Loader=Yaml12))
    check(file, scenarios[file], True)

# What the program refuses, the editor underlines.
first = scenarios[files[0]]


def changed(**top):
    document = copy.deepcopy(first)
    document.update(top)
    return document


check("an unknown key", changed(durration="5m"), False)
check("an unknown strategy", changed(strategies=[{"blueGren": {}}]), False)
check("an unknown key of a strategy", changed(strategies=[{"canary": {"stepz": ["5%"]}}]), False)
check("an unknown fault", changed(faults=[{"eror": {}}]), False)
check("a duration without a unit", changed(duration=45), False)
check("no service", {k: v for k, v in first.items() if k != "service"}, False)
print(f"{len(files)} scenarios, {failures} failures")
sys.exit(1 if failures else 0)
