"""The examples of a document: its blocks of text, and what is to become of each.

A block is fenced, or, in Markdown, indented by four blanks. What it is says the
first line of the fence, or in a man page a comment above it, or else the block
itself:

  run             a shell script that must succeed
  run background  goes on until the end; when it has printed something (or
                  written a .monologuerc) the next block's turn comes
  run node        the same, where there is node, with our package
  text            what the block before it prints; ID is any id
  file NAME       is written to NAME
  session         commands behind "$ ", each followed by what it prints on a
                  terminal; ^C is an interrupt, "..." is anything
  session background    the same, but the last command goes on
  shell           commands that a test cannot run: that they exist is checked
  conf            settings, or keys: that they exist is checked
  json, c         is read as that
  shown           anything else
"""
import json
import re
from typing import NamedTuple

FENCE = re.compile(r'^```(\w+)?(?: ([^\n]*))?\n(.*?)^```$', re.M | re.S)
MAN_FENCE = re.compile(r'(?:^; ([^\n]*)\n\n?)?^```\n(.*?)^```$', re.M | re.S)
INDENTED = re.compile(r'(?:(?<=\n\n)|(?<=\A))(?:(?: {4}[^\n]*\n)|(?:\n(?= {4}\S)))+')
COMMANDS = {
    'CK_RUN_CASE', 'build', 'build-fuzz', 'certbot', 'chgrp', 'curl', 'install',
    'journalctl', 'make', 'meson', 'monologue', 'monologued', 'npm', 'perf',
    'rr', 'systemctl', 'systemd-sysusers', 'tests', 'vi'}
SETTING = re.compile(r'(?:\[[\w ]+\]|[\w.-]+ = \S.*|[;#].*|)$')


class Block(NamedTuple):
    """What there is to do with a text."""
    kind: str
    word: str  # what else its first line says
    text: str
    line: int


def is_json(text):
    try:
        for line in text.strip().split('\n'):
            json.loads(line)
    except ValueError:
        return False
    return text.lstrip().startswith('{')


def first_words(text):
    """The command of each line, without the path behind the first folder."""
    text = re.sub(r'\\\n\s*', ' ', text)
    return [re.split(r'[\s/=]', line.strip())[0]
            for line in text.split('\n') if line.strip()]


def guess(text):
    """What a block without a word about it is."""
    words = first_words(text)
    if text.startswith('$ '):
        return 'session'
    if words and set(words) <= COMMANDS:
        return 'shell'
    if is_json(text):
        return 'json'
    if ';\n' in text and ('{\n' in text or '#include' in text):
        return 'c'
    if words and all(map(SETTING.match, text.split('\n'))) and '=' in text:
        return 'conf'
    return 'shown'


def split(kind):
    first, _, rest = (kind or '').partition(' ')
    return first, rest


def markdown(text):
    for match in FENCE.finditer(text):
        language, words, body = match.groups()
        kind, word = split(words)
        if language == 'js' and words:
            kind, word = 'file', words
        elif language == 'text':
            kind = 'text'
        elif kind != 'run':
            kind, word = ('c', '') if language == 'c' else (guess(body), '')
        yield match.start(), kind, word, body
    for match in INDENTED.finditer(FENCE.sub(lambda m: re.sub(
            r'[^\n]', 'x', m[0]), text)):
        body = re.sub(r'^ {4}', '', match[0], flags=re.M).strip('\n') + '\n'
        yield match.start(), guess(body), '', body


def man_page(text):
    for match in MAN_FENCE.finditer(text):
        body = re.sub(r'\\(.)', r'\1', match[2])
        kind, word = split(match[1]) if match[1] else (guess(body), '')
        yield match.start(2), kind, word, body


def read(path):
    """Returns the blocks of a document, in order."""
    text = path.read_text(encoding='utf-8')
    found = man_page(text) if path.suffix == '.scd' else markdown(text)
    return [Block(kind, word, body, text.count('\n', 0, at) + 1)
            for at, kind, word, body in sorted(found)]
