"""Completion: what the shells offer is what the command takes."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

FOLDER = pathlib.Path(__file__).parents[2] / 'client/cli/completions'
MONOLOGUE = os.environ['MONOLOGUE_COMMAND']
VERBS = ['whoami', 'call', 'listen', 'repl', 'ping', 'bench', 'top']
BASH = '''
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_monologue
printf '%s\\n' "${COMPREPLY[@]}"
'''


def options(verb):
    """The long options that the help tells of."""
    text = subprocess.run([MONOLOGUE, verb, '--help'], capture_output=True,
                          text=True, check=True).stdout
    return set(re.findall(r'^  (?:-\w, |    )(--[a-z-]+)', text, re.M))


def letters(verb):
    text = subprocess.run([MONOLOGUE, verb, '--help'], capture_output=True,
                          text=True, check=True).stdout
    return set(re.findall(r'^  -(\w), --([a-z]+)', text, re.M))


class Bash(unittest.TestCase):

    def complete(self, *words, cwd=None):
        script = FOLDER / 'monologue.bash'
        done = subprocess.run(
            ['bash', '--norc', '-c', BASH, 'bash', str(script), 'monologue',
             *words], capture_output=True, text=True, check=True, cwd=cwd)
        self.assertEqual(done.stderr, '')
        return set(done.stdout.split())

    def test_verbs(self):
        self.assertEqual(self.complete(''), {*VERBS, 'help'})
        self.assertEqual(self.complete('--json', 'b'), {'bench'})
        self.assertEqual(self.complete('--timeout', '3', 'w'), {'whoami'})
        self.assertEqual(self.complete('help', 'pi'), {'ping'})

    def test_options_are_those_of_the_verb(self):
        for verb in VERBS:
            self.assertEqual(self.complete(verb, '--'), options(verb))
        self.assertEqual(self.complete('ping', '--c', ), {
            '--ca', '--cert', '--cert-key', '--color', '--count'})

    def test_values(self):
        self.assertEqual(self.complete('call', '--color', 'a'),
                         {'auto', 'always'})
        self.assertEqual(self.complete('ping', '-c', ''), set())
        self.assertEqual(self.complete('--ca', 'mono', cwd=FOLDER),
                         {'monologue.bash', 'monologue.fish'})

    def test_files_as_arguments(self):
        self.assertEqual(self.complete('call', 'ID', 'x', '@_', cwd=FOLDER),
                         {'@_monologue'})

    def test_commands_behind_the_dashes(self):
        self.assertIn('true', self.complete('listen', 'x', '--', 'tru'))


class Others(unittest.TestCase):

    def test_zsh_and_fish_know_every_option(self):
        zsh = (FOLDER / '_monologue').read_text(encoding='utf-8')
        fish = (FOLDER / 'monologue.fish').read_text(encoding='utf-8')
        for verb in VERBS:
            self.assertIn(f"'{verb}:", zsh)
            self.assertIn(f' -a {verb} ', fish)
            for option in options(verb):
                self.assertRegex(zsh, rf"[',{{]{option}[\[,}}]")
                self.assertIn(f' -l {option[2:]} ', fish)
            for letter, name in letters(verb):
                self.assertIn(f'{{-{letter},--{name}}}', zsh)
                self.assertIn(f' -s {letter} -l {name} ', fish)

    def test_none_offers_what_there_is_not(self):
        known = set().union(*map(options, VERBS))
        zsh = (FOLDER / '_monologue').read_text(encoding='utf-8')
        fish = (FOLDER / 'monologue.fish').read_text(encoding='utf-8')
        self.assertLessEqual(
            set(re.findall(r"'(--[a-z-]+)\[", zsh)) |
            set(re.findall(r'\{-\w,(--[a-z-]+)\}', zsh)), known)
        self.assertLessEqual(
            {f'--{name}' for name in re.findall(r' -l ([a-z-]+) ', re.sub('set -l', '', fish))}, known)

    @unittest.skipUnless(shutil.which('zsh'), 'no zsh here')
    def test_zsh_reads_it(self):
        subprocess.run(['zsh', '-n', FOLDER / '_monologue'], check=True)

    @unittest.skipUnless(shutil.which('fish'), 'no fish here')
    def test_fish_completes(self):
        done = subprocess.run(
            ['fish', '--no-config', '-c',
             f'source {FOLDER}/monologue.fish; complete -C "monologue b"; '
             'complete -C "monologue ping --co"'],
            capture_output=True, text=True, check=True)
        found = {line.split('\t')[0] for line in done.stdout.splitlines()}
        self.assertEqual(found, {'bench', '--color', '--count'}, done.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
