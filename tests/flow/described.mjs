// Whether answers are what the set's own description (/openapi.json) says of them.
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { appendFileSync } from 'node:fs';

export const dialects = ['v1', 'veeplay', 'videoapp', 'videoflix_hls', 'videoflix_s3', 'streamify', 'house'];

/** They answer every body in the same way, so that nobody learns who has an account. */
const ALIKE = new Set(['videoflix_hls /api/password_reset/']);

/** An answer may carry nothing but what is described: members of an object are closed for the test. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!schema || typeof schema !== 'object') return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, key === 'const' || key === 'enum' ? value : closed(value)]));
  if (copy.type === 'object' && copy.properties && copy.additionalProperties === undefined) copy.additionalProperties = false;
  return copy;
}

function pattern(path, item) {
  const digits = new Set(Object.values(item).flatMap(({ parameters = [] }) => parameters.filter((one) => one.in === 'path' && one.schema.type === 'integer').map(({ name }) => name)));
  return new RegExp(`^${path.replaceAll(/[.]/g, '\\.').replaceAll(/\{(\w+)\}/g, (_, name) => (digits.has(name) ? '\\d{1,18}' : '[^/]+'))}$`);
}

/** The descriptions of a running set. */
export class Described {
  /** Documents by dialect; those that are not served are left out. */
  static async of(base) {
    const documents = {};
    for (const dialect of dialects) {
      const answer = await fetch(`${base}/openapi.json?dialect=${dialect}`);
      if (answer.status === 200) documents[dialect] = await answer.json();
    }
    return new Described(documents);
  }

  constructor(documents) {
    this.documents = documents;
    this.hits = new Map();
    this.checks = new Map();
    this.routes = Object.entries(documents).flatMap(([dialect, document]) => Object.entries(document.paths).map(([path, item]) => ({
      dialect, path, item, pattern: pattern(path, item), literal: path.split('/').map((part) => (part.startsWith('{') ? '1' : '0')).join(''),
    }))).sort((a, b) => (a.literal < b.literal ? -1 : 1));
  }

  /** Operations that a request can mean: [{dialect, path, method, operation}], of the most literal path. */
  find(method, path) {
    const fitting = this.routes.filter((route) => route.pattern.test(path));
    const same = fitting.filter((route) => route.pattern.source === fitting[0].pattern.source);
    return same.flatMap(({ dialect, path: template, item }) => {
      const key = item[method] ? method : method === 'head' ? 'get' : undefined;
      return key && item[key] ? [{ dialect, path: template, method: key, operation: item[key] }] : [];
    });
  }

  /** A validator of one media type of a response. */
  compiled(dialect, place, schema, exactly = closed) {
    const key = `${dialect} ${place}`;
    if (!this.checks.has(key)) {
      const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: true });
      addFormats(ajv);
      for (const format of ['int64', 'double']) ajv.addFormat(format, true);
      this.checks.set(key, ajv.compile(exactly({ ...schema, components: this.documents[dialect].components })));
    }
    return this.checks.get(key);
  }

  /** Why an answer is not what an operation says; undefined when it is. */
  fault({ dialect, path, method, operation }, answer, head) {
    const { status, headers, text } = answer;
    // What a service that is away leads to stands under `default`, all else under its own status.
    const own = operation.responses[status];
    const response = own ?? (status >= 500 || status === 429 ? this.documents[dialect].components.responses.refusal : undefined);
    if (!response) return `status ${status} is not described`;
    const type = (headers.get('content-type') ?? '').split(';')[0];
    if (!response.content) return text ? `status ${status} carries ${type}, described is nothing` : undefined;
    if (!text && !type) return undefined;
    const media = response.content[type];
    if (!media) return `status ${status} is ${type}, described is ${Object.keys(response.content)}`;
    if (!media.schema || !/json/.test(type) || (head && !text)) return undefined;
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      return `status ${status} is no JSON`;
    }
    const valid = this.compiled(dialect, `${method} ${path} ${own ? status : 'default'} ${type}`, media.schema);
    return valid(body) ? undefined : `status ${status}: ${valid.errors.map(({ instancePath, message, params }) => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`).join('; ')}`;
  }

  /** Why what was sent, and taken, is not what an operation says it takes. */
  misfit({ dialect, path, method, operation }, sent) {
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (!schema) return Object.keys(sent).length ? 'a body was taken, described is none' : undefined;
    const valid = this.compiled(dialect, `${method} ${path} sent`, schema, (open) => open);
    return valid(sent) || ALIKE.has(`${dialect} ${path}`) ? undefined : `taken, but ${valid.errors.map(({ instancePath, message, params }) => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`).join('; ')}`;
  }

  /** Throws when no operation that the request can mean is described so. `sent`: the body, when it went as JSON. */
  check(method, url, answer, sent) {
    const path = new URL(url).pathname;
    const meant = this.find(method.toLowerCase(), path);
    // Not a request that any operation takes: malformed ones, preflights, redirects to the slash, heads that are too large.
    if (!meant.length || answer.status === 431 || answer.body?.type === '/problems/malformed-request') return;
    const taken = sent !== undefined && answer.status < 300;
    const faults = meant.map((one) => [one, this.fault(one, answer, method === 'HEAD') ?? (taken ? this.misfit(one, sent) : undefined)]);
    const good = faults.filter(([, fault]) => !fault).map(([one]) => one);
    if (!good.length) {
      const said = faults.map(([one, fault]) => `${one.dialect} ${one.method.toUpperCase()} ${one.path}: ${fault}`).join('\n');
      if (process.env.ZOE_TEST_UNDESCRIBED) return void appendFileSync(process.env.ZOE_TEST_UNDESCRIBED, `${said}\n`);
      throw new Error(`not as /openapi.json describes it (a status is named by the row's .refuses = "..." in http_edge/dialects):\n${said}\n${answer.text.slice(0, 400)}`);
    }
    for (const one of good) {
      const key = `${one.dialect} ${one.method.toUpperCase()} ${one.path}`;
      if (!this.hits.has(key)) this.hits.set(key, new Set());
      this.hits.get(key).add(answer.status);
    }
  }
}
