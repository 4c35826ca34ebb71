// What soap of Node sees of the bus: a plain call, a fault, and an attachment as MTOM. Takes a file of JSON (see
// foreign.py), prints one object.
'use strict';

const fs = require('fs');
const soap = require('soap');

const told = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const names = ['xRoadInstance', 'memberClass', 'memberCode', 'subsystemCode', 'serviceCode', 'serviceVersion'];

function identifier(element, kind, text) {
  const parts = text.split('/').map((part, at) => `<id:${names[at]}>${part}</id:${names[at]}>`).join('');
  return `<xrd:${element} xmlns:id="http://x-road.eu/xsd/identifiers" id:objectType="${kind}">${parts}</xrd:${element}>`;
}

function headers(provider, code, id) {
  const inner = identifier('client', 'SUBSYSTEM', told.client) + identifier('service', 'SERVICE', `${provider}/${code}/v1`) +
    `<xrd:id>${id}</xrd:id><xrd:protocolVersion>4.0</xrd:protocolVersion>`;
  return inner.replace(/<xrd:(client|service|id|protocolVersion)/g, '<xrd:$1 xmlns:xrd="http://x-road.eu/xsd/xroad.xsd"');
}

async function call(provider, code, parameters, options) {
  const client = await soap.createClientAsync(told.wsdl, {endpoint: told.url});
  client.addSoapHeader(headers(provider, code, `node-${code}`));
  const [result] = await client[`${code}Async`](parameters, options);
  return result;
}

async function fault(provider, code, parameters) {
  try {
    await call(provider, code, parameters);
  } catch (error) {
    const found = error.root && error.root.Envelope.Body.Fault;
    if (!found) throw error;
    return {code: found.faultcode, text: found.faultstring, detail: found.detail};
  }
  return null;
}

async function main() {
  const document = Buffer.from(told.document, 'base64');
  const answers = {
    grant: await call(told.provider, 'getGrant', {identityNumber: told.person}),
    no_grant: await fault(told.provider, 'getGrant', {identityNumber: told.nobody}),
    document: await call(told.provider, 'addDocument', {number: told.number}, {
      forceMTOM: true,
      attachments: [{mimetype: 'application/pdf', contentId: 'proof', name: 'proof.pdf', body: document}],
    }),
    of_node: await call(told.node_provider, 'getGrant', {identityNumber: told.person}),
    node_fault: await fault(told.node_provider, 'getGrant', {identityNumber: told.nobody}),
  };
  console.log(JSON.stringify(answers));
}

main().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
