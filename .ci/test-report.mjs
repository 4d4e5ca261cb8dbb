// Reads the .trx, .log and .exit files of the test projects. Called by ./test:
//   --line NAME SECONDS FILE   one line for a project that ended, with its failures
//   --sum FILE...              the sum, last; exit code 0 only if something passed and nothing failed
// FILE is a path without its ending.
import { existsSync, readFileSync } from 'node:fs';

const maximumMessageLines = 12;
const maximumLineLength = 300;
const maximumFailuresPrinted = 40;

const decode = (text) => text
  .replace(/&#x([0-9A-Fa-f]+);/g, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
  .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&apos;/g, "'")
  .replace(/&amp;/g, '&');

const attribute = (tag, name) => decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null);

function outcomeOf(file) {
  const trx = read(`${file}.trx`);
  const log = read(`${file}.log`) ?? '';
  const exit = Number(read(`${file}.exit`) ?? '-1');
  const outcome = { passed: 0, failed: 0, skipped: 0, failures: [], note: '' };
  if (trx === null) {
    if (exit === 0) outcome.note = 'no tests';
    else outcome.failures.push({ name: 'The test host', message: log.trim() });
  } else {
    // Each result is either <UnitTestResult … /> or has its output and error inside.
    for (const [, tag, inside] of trx.matchAll(
      /<UnitTestResult\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/UnitTestResult>)/g)) {
      const result = attribute(tag, 'outcome');
      if (result === 'Passed') outcome.passed++;
      else if (result === 'NotExecuted') outcome.skipped++;
      else {
        const error = inside ?? '';
        const part = (name) => decode(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(error)?.[1] ?? '');
        outcome.failures.push({
          name: attribute(tag, 'testName'),
          message: `${part('Message')}\n${part('StackTrace').split('\n').filter((l) => l.includes(' in ')).slice(0, 3).join('\n')}`.trim(),
        });
      }
    }
    if (outcome.passed + outcome.failures.length + outcome.skipped === 0 && exit === 0) outcome.note = 'no tests';
    const counters = /<Counters\b[^>]*>/.exec(trx)?.[0] ?? '';
    const counted = Number(attribute(counters, 'passed'));
    if (counted !== outcome.passed) {
      outcome.failures.push({ name: 'The results file', message: `says ${counted} passed, lists ${outcome.passed}` });
    }
    if (exit !== 0 && outcome.failures.length === 0) {
      const reasons = [...trx.matchAll(/<RunInfo\b[\s\S]*?<Text>([\s\S]*?)<\/Text>/g)].map((m) => decode(m[1]));
      outcome.failures.push({
        name: `The test host (exit code ${exit})`,
        message: reasons.join('\n') || log.trim().split('\n').slice(-maximumMessageLines).join('\n'),
      });
    }
  }
  outcome.failed = outcome.failures.length;
  return outcome;
}

const summary = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

const [mode, ...rest] = process.argv.slice(2);
if (mode === '--line') {
  const [name, seconds, file] = rest;
  const outcome = outcomeOf(file);
  console.log(`${name}: ${outcome.note || summary(outcome)}, ${seconds} s`);
  for (const failure of outcome.failures.slice(0, maximumFailuresPrinted)) {
    console.log(`    ✗ ${failure.name}`);
    for (const line of failure.message.split('\n').slice(0, maximumMessageLines)) {
      console.log(`        ${line.trimEnd().slice(0, maximumLineLength)}`);
    };
  }
  if (outcome.failures.length > maximumFailuresPrinted) {
    console.log(`    … and ${outcome.failures.length - maximumFailuresPrinted} more in ${file}.trx`);
  }
} else {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of rest) {
    const outcome = outcomeOf(file);
    for (const key of Object.keys(sum)) sum[key] += outcome[key];
  }
  console.log(summary(sum));
  process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}
