#!/usr/bin/env python3
"""Makes the pictures of the terminal in this folder from what the program prints.

Usage: docs/pictures/make.py BINARY [FOLDER]

Runs BINARY on `fixtures/projects/shop` with colours and writes one SVG for each command into FOLDER (default: this
one). A test compares them with the committed ones, so that no picture shows what the program no longer prints.
"""
import html, os, pathlib, re, subprocess, sys, unicodedata

HERE = pathlib.Path(__file__).resolve().parent
SHOP = HERE.parent.parent / "fixtures" / "projects" / "shop"
PICTURES = {
    "check": ["plimsoll", "--max-findings", "2"],
    "show": ["plimsoll", "--show", "api"],
    "fix": ["plimsoll", "fix"],
}
# Of one character and of one line, in pixels.
WIDTH, HEIGHT, MARGIN = 8.4, 19, 16
# Dark and light, by SGR code: GitHub's own colours, which have the contrast that text needs.
COLOURS = {
    "31": ("#ff7b72", "#cf222e"),
    "32": ("#7ee787", "#116329"),
    "33": ("#e3b341", "#7d4e00"),
    "34": ("#79c0ff", "#0550ae"),
    "35": ("#d2a8ff", "#8250df"),
    "36": ("#76e3ea", "#1b7c83"),
}
TEXT, PAPER = ("#e6edf3", "#1f2328"), ("#0d1117", "#f6f8fa")


def runs(line, style):
    """The parts of a line with one style each: (column, text, classes). Gives the style at its end as well."""
    found, column, rest = [], 0, re.sub(r"\x1b\]8;;[^\x1b\x07]*(?:\x1b\\|\x07)", "", line)
    while rest:
        code = re.match(r"\x1b\[([0-9;]*)m", rest)
        if code:
            style = styled(code[1], style)
            rest = rest[code.end():]
            continue
        text = re.match(r"[^\x1b]+", rest)[0]
        if text.strip():
            found.append((column, text, style))
        column += sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
        rest = rest[len(text):]
    return found, column, style


def styled(codes, style):
    """The style, a tuple of classes, after an SGR sequence."""
    codes = (codes or "0").split(";")
    while codes:
        code = codes.pop(0)
        if code == "38" and codes[:1] == ["5"]:
            # One of the 256 colours; the first sixteen are those of the codes 30 to 37 and 90 to 97.
            number = int(codes[1])
            codes = codes[2:]
            code = str(30 + number % 8) if number < 16 else "0"
        if code in ("0", ""):
            style = ()
        elif code == "1":
            style = style + ("b",)
        elif code == "2":
            style = style + ("d",)
        elif code in ("39", "22"):
            style = tuple(name for name in style if name in (("b", "d") if code == "39" else ()))
        else:
            code = str(int(code) - 60) if 90 <= int(code) <= 97 else code
            if code in COLOURS:
                style = tuple(name for name in style if name in ("b", "d")) + ("c" + code,)
    return style


def svg(command, shown):
    """A picture of `shown`, the output with its colours, below the command that gave it."""
    lines, style, widest = [], (), len(command) + 2
    for number, line in enumerate([f"\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m", *shown.rstrip("\n").split("\n")]):
        parts, length, style = runs(line, style)
        widest = max(widest, length)
        top = MARGIN + HEIGHT * number + 14
        for column, text, classes in parts:
            lead = len(text) - len(text.lstrip(" "))
            text, left = text.strip(" "), MARGIN + (column + lead) * WIDTH
            name = f' class="{" ".join(classes)}"' if classes else ""
            lines.append(f'<text x="{left:.1f}" y="{top}" textLength="{len(text) * WIDTH:.1f}"{name}>{html.escape(text, False)}</text>')
    rows = shown.rstrip("\n").count("\n") + 2
    width, height = round(widest * WIDTH + 2 * MARGIN), HEIGHT * rows + 2 * MARGIN
    rules = [
        "".join(f".c{code}{{fill:{pair[which]}}}" for code, pair in COLOURS.items())
        + f"text{{fill:{TEXT[which]}}}rect{{fill:{PAPER[which]}}}"
        for which in (0, 1)
    ]
    # A class weighs more than the element, wherever it is written.
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{html.escape(command, False)}</title>",
        "<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}"
        f".b{{font-weight:600}}.d{{opacity:.75}}{rules[1]}@media(prefers-color-scheme:dark){{{rules[0]}}}</style>",
        f'<rect width="{width}" height="{height}" rx="8"/>',
        *lines,
        "</svg>\n",
    ])


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    # Nothing in a picture comes from the machine or the day.
    environment = {"PATH": os.environ.get("PATH", ""), "SOURCE_DATE_EPOCH": "1795824000", "DOCKER_HOST": "unix:///nowhere"}
    for name, command in PICTURES.items():
        words = [binary, *command[1:], "--root", "."]
        words += [] if command[1] == "fix" else ["--color", "always", "--no-engine"]
        done = subprocess.run(words, cwd=SHOP, env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode not in (0, 1) or not done.stdout:
            sys.exit(f"{' '.join(command)}: {done.stderr or 'nothing was printed'}")
        # The sign of left-out lines is in no font of a browser.
        shown = (done.stdout + done.stderr).replace("\u2e2c", "\u22ee")
        (folder / f"{name}.svg").write_text(svg(" ".join(command), shown), encoding="utf-8")


if __name__ == "__main__":
    main()
