/*
 * Names in parts between dots, and patterns of them, as those of EventEmitter2:
 * "*" stands for one part, "**" for any number, none included.
 */

export function partsOf(name) {
  return name.split('.');
}

export function isPattern(parts) {
  return parts.includes('*') || parts.includes('**');
}

/** Whether no "**" follows a "**". */
export function isValid(parts) {
  return !parts.some((part, i) => part === '**' && parts[i + 1] === '**');
}

/**
 * Whether a pattern stands for a name, where wildcards are parts like others.
 *
 * What follows a "**" is tried at each part in turn. Only the last one that was
 * met need be tried again: what an earlier one could take more of, it can.
 */
export function matches(pattern, name) {
  let at = 0; /* in the pattern */
  let behind = -1; /* the last "**" */
  let retry = 0; /* where in the name what is behind it was tried */
  for (let i = 0; i < name.length;) {
    if (pattern[at] === '**') {
      at += 1;
      behind = at;
      retry = i;
    } else if (pattern[at] === '*' || pattern[at] === name[i]) {
      at += 1;
      i += 1;
    } else if (behind >= 0) {
      at = behind;
      retry += 1;
      i = retry;
    } else {
      return false;
    }
  }
  return at === pattern.length || (pattern[at] === '**' && at === pattern.length - 1);
}

/** How many parts two patterns have in common before the first that differs. */
function nCommon(a, b) {
  const i = a.findIndex((part, k) => part !== b[k]);
  return i < 0 ? a.length : i;
}

/* Of what stands at the first part that differs; undefined: nothing. */
function rank(part) {
  const i = [undefined, '*', '**'].indexOf(part);
  return i > 0 ? i + 1 : i < 0 ? 1 : 0;
}

/* Behind the same "**" the one that ends there goes first, then the newer. */
function precedes(newer, older, n) {
  if (newer[n - 1] === '**') return newer[n] === undefined || older[n] !== undefined;
  return rank(newer[n]) < rank(older[n]);
}

/**
 * Where a new pattern goes among others, which are in order. Those that it has
 * most parts in common with stand together: among them or behind the last.
 * @param {string[][]} others patterns in parts
 */
export function placeOf(pattern, others) {
  const common = others.map((other) => nCommon(pattern, other));
  const most = Math.max(0, ...common);
  const before = others.findIndex((other, i) => common[i] >= most && precedes(pattern, other, most));
  return before >= 0 ? before : common.lastIndexOf(most) + 1;
}
