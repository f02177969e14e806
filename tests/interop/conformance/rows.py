"""The rows of docs/compatibility.md, and what each is checked by."""

ROWS = {}  # by name


class Row:
    def __init__(self, name, check=None, needs=None, why_not=None):
        self.name = name
        self.check = check      # called with an Api
        self.needs = needs      # an option of the daemon that it is about
        self.why_not = why_not  # why it cannot be tested, if it cannot

    def add(self):
        if self.name in ROWS:
            raise ValueError(f'{self.name} is there twice')
        ROWS[self.name] = self


def row(*names, needs=None):
    """The decorated function checks these rows."""
    def add(check):
        for name in names:
            Row(name, check, needs).add()
        return check
    return add


def untestable(name, why_not):
    Row(name, why_not=why_not).add()


def equal(got, expected, what=''):
    if got != expected:
        raise AssertionError(f'{what} {got!r:.600}, not {expected!r:.600}'.strip())


def check(is_so, what):
    if not is_so:
        raise AssertionError(f'not so: {what}')


ID = r'[A-Za-z0-9_-]{14}[AQgw]='
UUID = r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
DATE = (r'(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|'
        r'Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT')
