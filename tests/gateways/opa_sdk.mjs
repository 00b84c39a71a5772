// Asks as a program does that uses OPA's TypeScript SDK. Arguments: the SDK's file, and what to ask as JSON.
const { OPAClient } = await import(process.argv[2]);
const { url, key, nowhere, permit, refusal } = JSON.parse(process.argv[3]);

const headers = { Authorization: `Bearer ${key}` };
const client = new OPAClient(url, { headers });
const DOCUMENT = "gateway/authz";
const ALLOW = `${DOCUMENT}/allow`;

async function seen(ask) {
  try {
    return { told: await ask() };
  } catch (fault) {
    return { threw: fault.statusCode ?? fault.name };
  }
}

console.log(JSON.stringify({
  permit: await seen(() => client.evaluate(ALLOW, permit)),
  refusal: await seen(() => client.evaluate(ALLOW, refusal)),
  object: await seen(() => client.evaluate(DOCUMENT, refusal)),
  picked: await seen(() => client.evaluate(DOCUMENT, permit, { fromResult: (result) => result.allow })),
  batch: await seen(() => client.evaluateBatch(ALLOW, { one: permit, two: refusal })),
  unknown: await seen(() => client.evaluate("gateway/authorisation", permit)),
  default: await seen(() => client.evaluateDefault(permit)),
  stranger: await seen(() => new OPAClient(url, { headers: { Authorization: "Bearer stranger" } }).evaluate(ALLOW, permit)),
  down: await seen(() => new OPAClient(nowhere, { headers }).evaluate(ALLOW, permit)),
}));
