/*
 * Chromium, driven by chromedriver as W3C WebDriver has it.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const SWITCHES = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-dev-shm-usage'];
const SCRIPT_MS = 60000;

export class Browser {
  #driver;
  #session;
  #profile = mkdtempSync(join(tmpdir(), 'monologue-chromium-'));

  static async start(chromium, chromedriver) {
    const browser = new Browser();
    browser.#driver = spawn(chromedriver, ['--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => browser.#driver.kill());
    browser.#session = `http://127.0.0.1:${await browser.#findPort()}/session`;
    const { sessionId } = await browser.#ask('POST', '', {
      capabilities: {
        alwaysMatch: {
          acceptInsecureCerts: true,
          timeouts: { script: SCRIPT_MS },
          'goog:chromeOptions': {
            binary: chromium, args: [...SWITCHES, `--user-data-dir=${browser.#profile}`],
          },
        },
      },
    });
    browser.#session += `/${sessionId}`;
    return browser;
  }

  async #findPort() {
    for await (const line of createInterface(this.#driver.stdout)) {
      const [, port] = /successfully on port (\d+)/.exec(line) ?? [];
      if (port) {
        this.#driver.stdout.resume();
        return port;
      }
    }
    throw new Error('chromedriver ended before it began');
  }

  async #ask(method, path, body) {
    const response = await fetch(this.#session + path, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  async open(url) {
    await this.#ask('POST', '/url', { url });
  }

  /* Calls a function that @module exports. Rejects with its code and message. */
  async run(module, name, ...args) {
    const script = `
      const [module, name, args, done] = arguments;
      import(module).then((all) => all[name](...args)).then(
        (ret) => done({ ret }), ({ code, message }) => done({ error: { code, message } }));`;
    const { ret, error } = await this.#ask('POST', '/execute/async', { script, args: [module, name, args] });
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    return ret;
  }

  async end() {
    await this.#ask('DELETE', '');
    this.#driver.kill();
    await once(this.#driver, 'exit');
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10 });
  }
}
