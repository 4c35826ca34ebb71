// The grant register once more, as a service of soap of Node: what it repeats of the headers it takes apart and writes anew.
// Arguments: the file of its WSDL, address, port. Serves until it is ended.
'use strict';

const fs = require('fs');
const http = require('http');
const soap = require('soap');

const [wsdl, address, port] = process.argv.slice(2);
const space = 'xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"';

function escaped(text) {
  return String(text).replace(/[<&]/g, (sign) => (sign === '<' ? '&lt;' : '&amp;'));
}

function identifier(element, parts) {
  const kind = Object.entries(parts.attributes).find(([name]) => name.endsWith('objectType'))[1];
  const inner = Object.entries(parts).filter(([name]) => name !== 'attributes')
    .map(([name, text]) => `<id:${name}>${escaped(text)}</id:${name}>`).join('');
  return `<xrd:${element} ${space} id:objectType="${kind}">${inner}</xrd:${element}>`;
}

function repeated(method, parameters, headers) {
  return Object.entries(headers).filter(([name]) => name !== 'attributes').map(([name, value]) => {
    if (name === 'client' || name === 'service') return identifier(name, value);
    return `<xrd:${name} ${space}>${escaped(value)}</xrd:${name}>`;
  }).join('');
}

const register = {
  getGrant({identityNumber}) {
    if (!/[0-4]$/.test(identityNumber)) {
      throw {Fault: {faultcode: 'Client.NoGrant', faultstring: 'Node knows of no grant.', detail: {code: 'NoGrant'}, statusCode: 500}};
    }
    return {grant: {number: 'NODE-1', kind: 'of-node', status: 'active', since: '2020-01-01', amount: '1.00'}};
  },
};

const server = http.createServer((request, response) => {
  response.statusCode = 404;
  response.end();
});
server.listen(Number(port), address, () => {
  soap.listen(server, '/', {grants: {grants: register}}, fs.readFileSync(wsdl, 'utf8')).addSoapHeader(repeated);
  console.log('ready');
});
