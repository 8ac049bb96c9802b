// Renders the step summary of hostile files: what a real Markdown renderer makes of it must hold nothing but what Plimsoll
// itself puts there.
//
// usage: NODE_PATH=... node markdown.js PLIMSOLL
"use strict";

const { spawnSync } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");
const renderer = require("markdown-it")({ html: true, linkify: true });

const LINKS = "https://github.com/o/r/blob/abc/";
const TAGS = "a br code details h2 h3 li p pre strong sub summary table tbody td th thead tr ul".split(" ");
const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "</details></summary></code><h1>x</h1>",
  "@team/admins",
  "a|b",
  "`|<b>",
  "[x](javascript:alert(1))",
  "![x](http://example.org/x.png)",
  "<http://example.org>",
  "##[error]x",
  "::error::x",
  "```",
  "~~~",
  "#12",
  "www.example.org",
  "<!-- ",
  "\\|<i>x</i>",
  "**b** _i_ ~~s~~",
  "$x^2$ :tada:",
  "&lt;b&gt;&#64;team",
  "<sub>",
  "| --- | --- |",
  "] ( x",
];

function fill(root) {
  const write = (name, text) => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  };
  let compose = "services:\n";
  HOSTILE.forEach((hostile, number) => {
    const text = JSON.stringify(hostile);
    const name = `d${number}/${hostile.replaceAll("/", "_")}`;
    compose +=
      `  ${JSON.stringify(`s${number}${hostile}`)}:\n    image: ${text}\n    build: {context: ., dockerfile: ${JSON.stringify(name)}}\n` +
      `    privileged: true\n    mem_limit: 256m\n    user: ${text}\n    command: ${text}\n    cap_add: [${text}]\n` +
      `    volumes: [${text}, '/var/run/docker.sock:/x']\n    ${text}: ${text}\n`;
    write(name, `FROM scratch AS s${number}\nCOPY ${hostile} /x\nCOPY compose.yaml /${hostile}\nRUN echo ${hostile}\nUSER ${hostile}\n`);
    write(`p${number} ${hostile.replaceAll("/", "_")}/Dockerfile`, `FROM debian\nRUN apt-get update\nCMD [${hostile}\n`);
  });
  write("compose.yaml", compose);
  write("plimsoll.yaml", "version: 1\nprofiles: {small: {memory: 128MiB, image-size: 1MB}}\nassign: [{profile: small}]\n");
}

function complaints(markdown) {
  const html = renderer.render(markdown);
  const said = [];
  const tags = new Set([...html.matchAll(/<[/!]?([a-z][a-z0-9]*|-)/gi)].map((match) => match[1].toLowerCase()));
  said.push(...[...tags].filter((tag) => !TAGS.includes(tag)).map((tag) => `the tag ${tag}`));
  const attributes = [...html.matchAll(/ ([a-z]+)="([^"]*)"/g)].filter(
    ([all]) => !all.startsWith(` href="${LINKS}`) && ![' class="language-text"', ' class="language-diff"', ' style="text-align:center"'].includes(all),
  );
  said.push(...attributes.map(([all]) => `the attribute${all}`));
  const folds = [/<details/g, /<\/details>/g].map((part) => (html.match(part) || []).length);
  if (folds[0] !== folds[1]) said.push(`folds: ${folds}`);
  for (const table of html.split("<table>").slice(1)) {
    const rows = table.split("</table>")[0].split("<tr>").slice(1);
    const cells = new Set(rows.map((row) => (row.match(/<t[dh]/g) || []).length));
    if (cells.size !== 1) said.push(`a table with rows of ${[...cells]} cells`);
  }
  // GitHub looks for mentions, references and formulas in what is no code.
  const prose = html.replace(/<pre>[^]*?<\/pre>/g, "").replace(/<code>[^]*?<\/code>/g, "").replace(/<[^>]*>/g, "");
  said.push(...(prose.match(/.{0,20}(@\w|#\d|\$|www\.|:\w+:).{0,20}/g) || []).map((text) => `in the prose: ${text}`));
  return said;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "summary-"));
const said = [];
try {
  fill(folder);
  for (const words of [["markdown"], ["markdown", "--notes"], ["markdown-brief"]]) {
    const done = spawnSync(process.argv[2], ["check", "--root", folder, "--format", ...words], {
      env: { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "o/r", GITHUB_SHA: "abc" },
      encoding: "utf8",
      maxBuffer: 1 << 24,
    });
    if (done.status !== 1) throw new Error(`exit code ${done.status}: ${done.stderr}`);
    const found = complaints(done.stdout);
    console.log(`${done.stdout.length} characters, ${found.length} complaints`);
    said.push(...found);
  }
  // The checks find something where there is something.
  for (const bad of ["a <b>", "| a |\n| --- |\n\n<details>\n", "@team", "[x](http://example.org)", "see #12"]) {
    if (complaints(bad).length === 0) said.push(`nothing was found in '${bad}'`);
  }
} finally {
  fs.rmSync(folder, { recursive: true });
}
said.slice(0, 20).forEach((text) => console.log(`  ${text}`));
process.exitCode = said.length > 0 ? 1 : 0;
