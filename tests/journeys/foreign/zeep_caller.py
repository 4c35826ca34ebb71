"""What zeep sees of the bus: run with a Python that has zeep. Takes a file of JSON (see foreign.py), prints one object."""

import json
import sys
from pathlib import Path

import requests
import zeep
from zeep.transports import Transport

told = json.loads(Path(sys.argv[1]).read_text())
NAMES = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion")


def identifier(kind, text):
    return dict(zip(NAMES, text.split("/")), objectType=kind)


def headers(client, service, message_id):
    return {"client": identifier("SUBSYSTEM", client), "service": identifier("SERVICE", service), "id": message_id,
            "userId": "clerk-17", "issue": "admission 2026/1", "protocolVersion": "4.0"}


def proxy(wsdl, binding, url):
    """Operations of a WSDL, called at a security server and not where the WSDL says."""
    return zeep.Client(wsdl, transport=Transport(session=requests.Session())).create_service(binding, url)


def fault_of(call, **parameters):
    try:
        call(**parameters)
    except zeep.exceptions.Fault as fault:
        detail = fault.detail
        return {"code": fault.code, "text": fault.message,
                "detail": [element.text for element in detail.iter()] if detail is not None else []}
    return None


def plain(value):
    return json.loads(json.dumps(zeep.helpers.serialize_object(value, dict), default=str))


register = proxy(told["wsdl"], "{http://grants.example.org/v1}grants", told["url"])
register_for_others = proxy(told["wsdl"], "{http://grants.example.org/v1}grants", told["other_url"])
metadata = proxy(told["metadata"], "{urn:metadata}metadata", told["url"])
client, provider = told["client"], told["provider"]


def service(code, version="/v1"):
    return headers(client, f"{provider}/{code}{version}", f"zeep-{code}")


statement = register.getStatement(number=told["number"], _soapheaders=service("getStatement"))
described = metadata.getWsdl(serviceCode="getGrant", serviceVersion="v1", _soapheaders=service("getWsdl", ""))
print(json.dumps({
    "version": zeep.__version__,
    "grant": plain(register.getGrant(identityNumber=told["person"], _soapheaders=service("getGrant"))),
    "grants": plain(register.listGrants(identityNumber=told["person"], _soapheaders=service("listGrants")).body),
    "no_grant": fault_of(register.getGrant, identityNumber=told["nobody"], _soapheaders=service("getGrant")),
    "denied": fault_of(register_for_others.getGrant, identityNumber=told["person"],
                       _soapheaders=headers(told["other"], f"{provider}/getGrant/v1", "zeep-denied")),
    "unknown": fault_of(register.getGrant, identityNumber=told["person"],
                        _soapheaders=headers(client, f"{provider}/getGrant/v9", "zeep-unknown")),
    "statement": statement.attachments[0].content.decode(),
    "methods": [entry["serviceCode"] for entry in
                plain(metadata.listMethods(_soapheaders=service("listMethods", "")).body)["service"]],
    "allowed": [entry["serviceCode"] for entry in
                plain(metadata.allowedMethods(_soapheaders=service("allowedMethods", "")).body)["service"]],
    "described": described.attachments[0].content.decode(),
}))
