/*
 * The two ways to write a .monologuerc: INI as Node's package ini reads it, and
 * JSON with comments.
 */

/* Between double quotes stands JSON, between single ones JSON or itself. */
function unquote(value) {
  const inner = value[0] === "'" ? value.slice(1, -1) : value;
  try {
    const parsed = JSON.parse(inner);
    if (typeof parsed === 'string') return parsed;
  } catch {
    /* as it stands there */
  }
  return inner;
}

/* A backslash keeps ; and # from starting a comment, and itself. */
function unescape(value) {
  const [, plain] = /^((?:\\[\\;#]|[^;#])*)/.exec(value);
  return plain.replace(/\\([\\;#])/g, '$1').trim();
}

function valueOf(value) {
  const isQuoted = /^(["']).*\1$/.test(value) && value.length > 1;
  if (isQuoted) return unquote(value);
  if (/^["']/.test(value)) throw new Error(`a value that begins with ${value[0]} must end with it`);
  return unescape(value);
}

/* What a line is: a section, a key with its value, or neither. */
function parseLine(line) {
  const [, section] = /^\s*\[([^\]]*)\]\s*$/.exec(line) ?? [];
  const [, key, value] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
  if (section !== undefined) return { section: section.trim() };
  if (key !== undefined) return { key, value };
  if (line.trim() === '') return {};
  throw new Error('neither [SECTION] nor KEY = VALUE');
}

/** Members of the section [opts]. Throws what names the line. */
export function parseIni(text) {
  const opts = {};
  let current = '';
  text.split(/\r\n|\r|\n/).forEach((line, i) => {
    try {
      const { section, key, value } = /^\s*[;#]/.test(line) ? {} : parseLine(line);
      current = section ?? current;
      if (key !== undefined && current === 'opts') opts[key] = valueOf(value);
    } catch (error) {
      throw new Error(`line ${i + 1}: ${error.message}`);
    }
  });
  return opts;
}

/* Strings stay as they are, comments go. */
function withoutComments(json) {
  return json.replace(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g, (found) => (
    found[0] === '"' ? found : ' '));
}

/** The member "opts", an object. Throws what is wrong. */
export function parseJson(text) {
  const { opts = {} } = JSON.parse(withoutComments(text));
  if (typeof opts !== 'object' || opts === null || Array.isArray(opts)) {
    throw new Error('opts must be an object');
  }
  return opts;
}

/** The one that begins with { is JSON. */
export function parse(text) {
  const bare = text.replace(/^\ufeff/, '');
  return bare.trimStart().startsWith('{') ? parseJson(bare) : parseIni(bare);
}
