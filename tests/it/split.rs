//! A stage that ships a compiler is split where it is certain what it builds, and left alone elsewhere.

use crate::support::Workspace;
use serde_json::Value;
use std::collections::BTreeMap;

const RULE: &str = "build-tools-in-image";

/// How often each rule finds something.
fn counts(report: &Value) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        *all.entry(finding["rule"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    all
}

/// The Dockerfile after the edit, if there is one: the finding is gone then, no rule finds more, and a second run changes nothing.
fn split(dockerfile: &str, others: &[(&str, &str)]) -> Option<String> {
    let workspace = Workspace::new(&[&[("Dockerfile", dockerfile)], others].concat());
    let notes = ["--notes", "--no-engine"];
    let before = counts(&workspace.json(&notes));
    assert!(before.contains_key(RULE), "{dockerfile}");
    let fix = ["fix", "--unsafe", "--write", "--rule", RULE];
    let shown = workspace.run(&fix);
    assert_eq!(shown.code, 0, "{shown:?}");
    let now = std::fs::read_to_string(workspace.path().join("Dockerfile")).unwrap();
    if now == dockerfile {
        return None;
    }
    assert!(workspace.run(&fix).err.contains("nothing to fix"), "{dockerfile}");
    let after = counts(&workspace.json(&notes));
    let more: Vec<_> = after
        .iter()
        .filter(|(rule, count)| before.get(*rule).is_none_or(|known| known < count))
        .collect();
    assert!(!after.contains_key(RULE) && more.is_empty(), "{now}\n{more:?}");
    Some(now)
}

#[test]
fn what_python_needs_is_built_apart() {
    for (before, after) in [
        (
            "# escape=`\r\n# An application.\r\nFROM python:3.13-slim AS app\r\n".to_owned()
                + "ENV A=1 `\r\n    B=2\r\nARG WHO=app\r\nWORKDIR /app\r\n\r\n# For psycopg2\r\nRUN apt-get update && apt-get install -y `\r\n    \
                   gcc `\r\n    # and the client\r\n    libpq-dev curl `\r\n    && rm -rf /var/lib/apt/lists/*\r\nCOPY r.txt .\r\nRUN pip install \
                   --no-cache-dir -r r.txt\r\n# The rest\r\nCOPY . .\r\nUSER 1000:1000\r\nCMD [\"a\"]",
            "# escape=`\r\n# An application.\r\nFROM python:3.13-slim AS base\r\nENV A=1 `\r\n    B=2\r\nARG WHO=app\r\nWORKDIR /app\r\n\r\nFROM base AS \
             build\r\nARG WHO=app\r\n\r\n# For psycopg2\r\nRUN apt-get update && apt-get install -y `\r\n    gcc `\r\n    # and the \
             client\r\n    libpq-dev curl `\r\n    && rm -rf /var/lib/apt/lists/*\r\nCOPY r.txt .\r\nRUN pip install --prefix=/install \
             --no-cache-dir -r r.txt\r\n\r\nFROM base AS app\r\nARG WHO=app\r\nRUN apt-get update && apt-get install -y `\r\n    # and the \
             client\r\n    libpq5 curl `\r\n    && rm -rf /var/lib/apt/lists/*\r\nCOPY r.txt .\r\nCOPY --from=build /install /usr/local\r\n# \
             The rest\r\nCOPY . .\r\nUSER 1000:1000\r\nCMD [\"a\"]",
        ),
        (
            "FROM python:3.13-alpine\nRUN apk add --no-cache g++ libffi-dev && pip install -U pip && pip install --no-cache-dir a\nUSER 1:1\nCMD \
             [\"a\"]\n"
                .to_owned(),
            "",
        ),
        (
            "FROM python:3.13-alpine\nRUN apk add --no-cache gcc libffi-dev && pip install -U pip && pip install --no-cache-dir a\nUSER 1:1\nCMD \
             [\"a\"]\n"
                .to_owned(),
            "FROM python:3.13-alpine AS base\n\nFROM base AS build\nRUN apk add --no-cache gcc libffi-dev && pip install -U pip && pip install \
             --prefix=/install --no-cache-dir a\n\nFROM base\nCOPY --from=build /install /usr/local\nUSER 1:1\nCMD [\"a\"]\n",
        ),
        (
            "FROM python:3.13-alpine\nRUN apk add --no-cache g++\nRUN pip install --no-cache-dir a\nUSER 1:1\nCMD [\"a\"]\n".to_owned(),
            "FROM python:3.13-alpine AS base\n\nFROM base AS build\nRUN apk add --no-cache g++\nRUN pip install --prefix=/install --no-cache-dir \
             a\n\nFROM base\nRUN apk add --no-cache libstdc++\nCOPY --from=build /install /usr/local\nUSER 1:1\nCMD [\"a\"]\n",
        ),
        (
            "FROM python:3.13-slim AS base\nRUN apt-get update && apt-get install -y --no-install-recommends gcc && rm -rf \
             /var/lib/apt/lists/*\nRUN python -m venv /venv\nENV PATH=\"/venv/bin:$PATH\"\nRUN pip install --no-cache-dir a\nRUN pip install \
             --no-cache-dir b\nUSER 1:1\nCMD [\"a\"]\n"
                .to_owned(),
            "FROM python:3.13-slim AS common\n\nFROM common AS build\nRUN apt-get update && apt-get install -y --no-install-recommends gcc && rm \
             -rf /var/lib/apt/lists/*\nRUN python -m venv /venv\nENV PATH=\"/venv/bin:$PATH\"\nRUN pip install --no-cache-dir a\nRUN pip install \
             --no-cache-dir b\n\nFROM common AS base\nENV PATH=\"/venv/bin:$PATH\"\nCOPY --from=build /venv /venv\nUSER 1:1\nCMD [\"a\"]\n",
        ),
        (
            "FROM python:3.13-slim\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/\nWORKDIR /app\nRUN apt-get update && apt-get install -y \
             --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*\nCOPY uv.lock ./\nRUN uv sync --frozen --no-install-project\nCOPY . .\nRUN \
             uv sync --frozen\nUSER 1:1\nCMD [\"a\"]\n"
                .to_owned(),
            "FROM python:3.13-slim AS base\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/\nWORKDIR /app\n\nFROM base AS build\nRUN apt-get update \
             && apt-get install -y --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*\nCOPY uv.lock ./\nRUN uv sync --frozen \
             --no-install-project\nCOPY . .\nRUN uv sync --frozen\n\nFROM base\nCOPY uv.lock ./\nCOPY . .\nCOPY --from=build /app/.venv \
             /app/.venv\nUSER 1:1\nCMD [\"a\"]\n",
        ),
    ] {
        let wanted = (!after.is_empty()).then(|| after.to_owned());
        assert_eq!(split(&before, &[]), wanted, "{before}");
    }
}

#[test]
fn what_node_and_ruby_need_is_built_apart() {
    for (before, after) in [
        (
            "FROM node:22-alpine AS web\nWORKDIR /app\nRUN apk add --no-cache python3 make g++\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm \
             run build\nRUN npm prune --omit=dev && npm cache clean --force\nUSER node\nCMD [\"node\", \"dist\"]\n",
            "FROM node:22-alpine AS base\nWORKDIR /app\n\nFROM base AS build\nRUN apk add --no-cache python3 make g++\nCOPY package*.json ./\nRUN \
             npm ci\nCOPY . .\nRUN npm run build\nRUN npm prune --omit=dev && npm cache clean --force\n\nFROM base AS web\nRUN apk add --no-cache \
             python3\nCOPY --from=build /app /app\nUSER node\nCMD [\"node\", \"dist\"]\n",
        ),
        (
            "FROM ruby:3.4-slim\nWORKDIR /app\nRUN apt-get update && apt-get install -y --no-install-recommends build-essential libpq-dev && rm -rf \
             /var/lib/apt/lists/*\nCOPY Gemfile* ./\nRUN bundle config set --local without test && bundle install\nCOPY . .\nUSER 1:1\nCMD [\"puma\"]\n",
            "FROM ruby:3.4-slim AS base\nWORKDIR /app\n\nFROM base AS build\nRUN apt-get update && apt-get install -y --no-install-recommends \
             build-essential libpq-dev && rm -rf /var/lib/apt/lists/*\nCOPY Gemfile* ./\nRUN bundle config set --local without test && bundle \
             install\n\nFROM base\nRUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf \
             /var/lib/apt/lists/*\nCOPY Gemfile* ./\nCOPY --from=build /usr/local/bundle /usr/local/bundle\nCOPY . .\nUSER 1:1\nCMD [\"puma\"]\n",
        ),
    ] {
        let compose = "services:\n  a:\n    build: {context: ., target: web}\n";
        let others: &[(&str, &str)] = if before.contains("AS web") {
            &[("compose.yaml", compose)]
        } else {
            &[]
        };
        assert_eq!(split(before, others).as_deref(), Some(after), "{before}");
    }
}

#[test]
fn a_stage_is_left_alone_where_anything_is_open() {
    let python = "FROM python:3.13-slim\n";
    let tools = "RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\n";
    let pip = "RUN pip install --no-cache-dir -r r.txt\n";
    let end = "USER 1000:1000\nCMD [\"a\"]\n";
    let steps = |steps: &str| format!("{python}{tools}{steps}{end}");
    for text in [
        // More than the packages is built, or it is not known where.
        steps("RUN make -C /src install\n"),
        steps(&format!("{pip}RUN ./build.sh\n")),
        steps(&format!("{pip}RUN python setup.py install\n")),
        steps("RUN pip install --no-cache-dir -e .\n"),
        steps("RUN pip install --no-cache-dir --target=/x a\n"),
        steps("RUN cd /x && pip install --no-cache-dir a\n"),
        steps("RUN pip install --no-cache-dir $WHAT\n"),
        steps("RUN pip install --no-cache-dir a || true\n"),
        steps("RUN <<EOF\npip install --no-cache-dir a\nEOF\n"),
        steps("RUN poetry install\n"),
        steps(&format!("ENV PIP_TARGET=/x\n{pip}")),
        // A second run of pip does not see what the first one has installed apart.
        steps(&format!("RUN pip install --no-cache-dir torch\n{pip}")),
        format!("{python}RUN pip install --no-cache-dir torch\n{tools}{pip}{end}"),
        // Somebody takes the tools away, or others need them.
        steps(&format!("{pip}RUN apt-get purge -y make\n")),
        format!("{python}{tools}{pip}RUN apt-get update && apt-get install -y g++\n{end}"),
        // Which library the image needs is not known.
        format!("{python}{}{pip}{end}", tools.replace("gcc", "gcc libweird-dev")),
        format!("{python}{}{pip}{end}", tools.replace("gcc", "gcc $MORE")),
        // The owner, or what starts, would change.
        format!("{python}{tools}USER app\n{pip}{end}"),
        format!("{python}CMD [\"b\"]\n{tools}{pip}USER 1:1\nENTRYPOINT [\"a\"]\n"),
        format!("{python}{tools}VOLUME /data\n{pip}{end}"),
        // Not Python's own image: its packages are elsewhere.
        format!("FROM debian:13-slim\n{tools}{pip}{end}"),
        // Whose user may be another one.
        format!(
            "FROM acme/node:22\nWORKDIR /app\n{}COPY . .\nRUN npm ci\n{end}",
            tools.replace("gcc", "g++")
        ),
        // Others start from it, or count the stages.
        format!(
            "{}{tools}{pip}CMD [\"a\"]\nFROM a\nUSER 1:1\n",
            python.replace('\n', " AS a\n")
        ),
        format!("FROM alpine:3.22\nRUN touch /x\n{python}{tools}{pip}COPY --from=0 /x /x\n{end}"),
    ] {
        assert_eq!(split(&text, &[]), None, "{text}");
    }
    let compose = "services:\n  a:\n    build: {context: ., target: \"0\"}\n";
    assert_eq!(split(&steps(pip), &[("compose.yaml", compose)]), None);
    assert!(split(&steps(pip), &[]).is_some());
    let node = "FROM node:22-slim\nWORKDIR /app\n";
    let tools = tools.replace("gcc", "g++ make");
    for steps in [
        "RUN npm install -g pm2\nCOPY . .\nRUN npm ci\n",
        "COPY --chown=node package.json .\nRUN npm ci\n",
        "COPY package.json /other/\nRUN npm ci\n",
        "COPY . .\nRUN npm ci\nWORKDIR /app/web\nRUN npm ci\n",
        "COPY . .\nRUN npm ci && chown -R node /app\n",
        "COPY . .\nRUN npm ci --prefix web\n",
    ] {
        let text = format!("{node}{tools}{steps}{end}");
        assert_eq!(split(&text, &[]), None, "{text}");
    }
}
