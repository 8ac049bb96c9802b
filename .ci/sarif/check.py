"""Holds the SARIF that Plimsoll writes against those who read it.

usage: check.py PLIMSOLL MULTITOOL_PACKAGE

Every file has to pass the validator of the SARIF authors with its rules for GitHub (whose exit code says nothing: its
report is read), the strict schema that comes with it, as the validator overlooks unknown words, and the limits of GitHub
and GitLab, which neither of the two knows. Files with one mistake each prove that the checks find mistakes.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
SHOP = HERE.parent.parent / "fixtures" / "projects" / "shop"
MAX_RESULTS = 5000
MAX_TAGS = 10
MAX_TEXT = 1000
MAX_NAME = 255

# Names and texts that have to be encoded, characters of two UTF-16 units before a place, a place in an empty line.
ODD = {
    "a b/ü#%41 [x](y)/compose.yaml": "# 😀\nservices:\n  '😀 a': {privileged: true, image: 'x', privileged: true}\n  b:\n",
    "a b/empty/Dockerfile": "",
    "a b/Dockerfile": "FROM debian\nRUN apt-get update\nRUN apt-get install -y curl\nCOPY 'nö [such](file)' /\n",
}
# Twelve thousand findings and more, many of them on one line.
MANY = {
    "compose.yaml": "services:\n"
    + "".join(f"  s{n}: {{image: redis, privileged: true, privileged: true, pid: host}}\n" for n in range(3000))
    + "networks: {"
    + ", ".join(f"n{n}: {{ipam: {{config: [{{subnet: 10.0.0.1/8}}]}}}}" for n in range(200))
    + "}\n"
}


def written(plimsoll, root, *words):
    """The SARIF file of a folder, as it is written; the exit code must be one of a finished run."""
    done = subprocess.run(
        [plimsoll, "check", "--root", root, "--notes", "--format", "sarif", *words], stdout=subprocess.PIPE
    )
    assert done.returncode in (0, 1, 2), done.returncode
    return done.stdout.decode("utf-8")


def said_by_multitool(program, file):
    """The errors and warnings in the validator's report on a file."""
    report = file.with_suffix(".report")
    report.unlink(missing_ok=True)
    subprocess.run(
        [program, "validate", file, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "-c", HERE / "policy.xml"]
        + ["--log", "ForceOverwrite", "-o", report],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    run = json.loads(report.read_text("utf-8-sig"))["runs"][0]
    said = [
        f"{result['ruleId']} {json.dumps(result['message'])}"
        for result in run["results"]
        if result.get("level", "warning") in ("error", "warning")
    ]
    # A file that it cannot read is no result of any rule.
    for invocation in run.get("invocations", []):
        if not invocation["executionSuccessful"]:
            said.append(f"it did not finish: {json.dumps(invocation)}")
    return said


def said_by_schema(validator, log):
    errors = list(validator.iter_errors(log))
    return [f"schema {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors]


def written_of_many(plimsoll, roots):
    """The SARIF file of many reports: those of these folders, and a file that is none."""
    with tempfile.TemporaryDirectory() as folder:
        for name, root in roots.items():
            report = Path(folder) / f"{name}.json"
            subprocess.run([plimsoll, "check", "--root", root, "--exit-zero", "--output", f"json={report}"], stdout=subprocess.DEVNULL)
        (Path(folder) / "a b [x](y).json").write_text("{", "utf-8")
        done = subprocess.run([plimsoll, "report", folder, "--format", "sarif", "--notes"], stdout=subprocess.PIPE)
    assert done.returncode == 2, done.returncode
    return done.stdout.decode("utf-8")


def said_by_limits_of_many(log, count):
    said = []
    if len(log["runs"]) != count:
        said.append(f"limit: {len(log['runs'])} runs of {count} reports")
    if len({run["automationDetails"]["id"] for run in log["runs"]}) != count:
        said.append("limit: two runs have one category")
    for run in log["runs"]:
        texts = [result["message"]["text"] for result in run["results"]]
        if len(texts) > MAX_RESULTS or any(len(text) > MAX_TEXT for text in texts):
            said.append(f"limit: {run['automationDetails']['id']} is too large")
    return said


def said_by_limits(log):
    said = []
    (run,) = log["runs"]
    if len(run["results"]) > MAX_RESULTS:
        said.append(f"limit: {len(run['results'])} results")
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        severity = rule["properties"].get("security-severity")
        if severity is not None and not 0 < float(severity) <= 10:
            said.append(f"limit: the security severity of {rule['id']} is {severity}")
        if len(rule["properties"]["tags"]) > MAX_TAGS:
            said.append(f"limit: {rule['id']} has too many tags")
        texts = (rule["shortDescription"]["text"], rule["fullDescription"]["text"])
        if len(rule.get("name", "")) > MAX_NAME or max(map(len, texts)) > MAX_TEXT:
            said.append(f"limit: a text of {rule['id']} is too long")
    places = set()
    for number, result in enumerate(run["results"]):
        if len(result["message"]["text"]) > MAX_TEXT:
            said.append(f"limit: the message of result {number} is too long")
        if result["ruleId"] != rules[result["ruleIndex"]]["id"]:
            said.append(f"limit: result {number} is of another rule than its index says")
        if "primaryLocationLineHash" not in result["partialFingerprints"]:
            said.append(f"limit: result {number} has no hash of its line")
        if {"rank", "kind", "suppressions"} & set(result):
            said.append(f"limit: result {number} has what GitHub or GitLab misread")
        physical = result["locations"][0]["physicalLocation"]
        region = physical["region"]
        if not {"startLine", "startColumn", "endLine", "endColumn"} <= set(region):
            said.append(f"limit: result {number} lacks a coordinate")
        place = (result["ruleId"], physical["artifactLocation"]["uri"], region["startLine"], region.get("endLine"))
        if place in places:
            said.append(f"limit: {place} has two results, and GitLab would keep one")
        places.add(place)
    return said


def mistakes(log):
    """Copies of a good file with one mistake each, and who has to find it."""

    def with_mistake(change):
        bad = copy.deepcopy(log)
        run = bad["runs"][0]
        change(bad, run, run["results"][0])
        return bad

    def without(where, key):
        del where[key]

    region = lambda result: result["locations"][0]["physicalLocation"]["region"]
    uri = lambda result: result["locations"][0]["physicalLocation"]["artifactLocation"]
    return [
        ("SARIF1002", with_mistake(lambda bad, run, result: uri(result).update(uri="a b\\c"))),
        ("SARIF1009", with_mistake(lambda bad, run, result: result.update(ruleIndex=9999))),
        ("GH1003", with_mistake(lambda bad, run, result: without(region(result), "startLine"))),
        ("GH1005", with_mistake(lambda bad, run, result: uri(result).update(uri="http://example.org/x"))),
        ("GH1015", with_mistake(lambda bad, run, result: without(result, "locations"))),
        ("schema", with_mistake(lambda bad, run, result: result.update(level="fatal"))),
        ("schema", with_mistake(lambda bad, run, result: result.update(unknown=1))),
        ("limit", with_mistake(lambda bad, run, result: run["results"].append(copy.deepcopy(result)))),
        ("limit", with_mistake(lambda bad, run, result: result["message"].update(text="x" * 1001))),
        ("limit", with_mistake(lambda bad, run, result: run["tool"]["driver"]["rules"][0]["properties"].update(tags=["x"] * 11))),
        ("limit", with_mistake(lambda bad, run, result: run.update(results=[result] * 5001))),
    ]


def main(plimsoll, package):
    package = Path(package)
    program = package / "Sarif.Multitool"
    schema = json.loads((package / "sarif-2.1.0.json").read_text("utf-8-sig"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        files = {"shop": written(plimsoll, SHOP)}
        for name, texts in {"odd": ODD, "many": MANY, "nothing": {"README": ""}}.items():
            for path, text in texts.items():
                (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / name / path).write_text(text, "utf-8")
            files[name] = written(plimsoll, folder / name)
        for name, text in files.items():
            file = folder / f"{name}.sarif"
            file.write_text(text, "utf-8")
            log = json.loads(text)
            said = said_by_multitool(program, file) + said_by_schema(validator, log) + said_by_limits(log)
            count = len(log["runs"][0]["results"])
            print(f"{name}: {len(text)} bytes, {count} results, {len(said)} complaints", *said[:20], sep="\n  ")
            failed |= bool(said) or (count == 0) != (name == "nothing")
        roots = {"shop": SHOP} | {name: folder / name for name in ("odd", "many", "nothing")}
        file = folder / "all.sarif"
        file.write_text(written_of_many(plimsoll, roots), "utf-8")
        log = json.loads(file.read_text("utf-8"))
        said = said_by_multitool(program, file) + said_by_schema(validator, log) + said_by_limits_of_many(log, len(roots) + 1)
        results = sum(len(run["results"]) for run in log["runs"])
        print(f"reports: {file.stat().st_size} bytes, {results} results, {len(said)} complaints", *said[:20], sep="\n  ")
        failed |= bool(said) or results == 0
        good = json.loads(files["shop"])
        for finder, log in mistakes(good):
            file = folder / "mistake.sarif"
            file.write_text(json.dumps(log), "utf-8")
            if finder == "limit":
                said = said_by_limits(log)
            elif finder == "schema":
                said = said_by_schema(validator, log)
            else:
                said = said_by_multitool(program, file)
            if not any(complaint.startswith(finder) for complaint in said):
                print(f"a mistake that {finder} is for was not found", *said[:20], sep="\n  ")
                failed = True
        print(f"{len(mistakes(good))} mistakes were looked for")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
