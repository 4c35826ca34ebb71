"""What the SOAP cases ask: envelopes with the header elements that the protocol wants, alone or with one attachment."""

import re

SERVICE = "measure"  # its code, and the name of the element in the body
PLAIN, ATTACHMENT = "text/xml; charset=UTF-8", "application/octet-stream"
BOUNDARY = "bench-question"
MULTIPART = f'multipart/related; type="text/xml"; boundary={BOUNDARY}'
HEAD = ('<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xro="http://x-road.eu/xsd/xroad.xsd" xmlns:iden="http://x-road.eu/xsd/identifiers">'
        '<soapenv:Header>{client}{service}<xro:userId>EE12345678901</xro:userId><xro:id>bench-{{id}}</xro:id>'
        '<xro:protocolVersion>4.0</xro:protocolVersion></soapenv:Header>'
        '<soapenv:Body><b:' + SERVICE + ' xmlns:b="urn:bench">')
TAIL = f"</b:{SERVICE}></soapenv:Body></soapenv:Envelope>"
NAMES = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode")


def identifier(element, kind, parts):
    inner = "".join(f"<iden:{name}>{part}</iden:{name}>" for name, part in zip(NAMES, parts))
    return f'<xro:{element} iden:objectType="{kind}">{inner}</xro:{element}>'


def around(client, provider):
    """What stands before and behind the content of a body. `{id}` is the message's number."""
    asked = [*provider.split("/"), SERVICE]
    return HEAD.format(client=identifier("client", "SUBSYSTEM", client.split("/")),
                       service=identifier("service", "SERVICE", asked)), TAIL


def envelope(client, provider, content):
    head, tail = around(client, provider)
    return head.replace("{id}", "1") + content + tail


def before_attachment(envelope_text):
    """The octets up to the attachment's own."""
    return (f"--{BOUNDARY}\r\nContent-Type: {PLAIN}\r\nContent-ID: <envelope>\r\n\r\n{envelope_text}"
            f"\r\n--{BOUNDARY}\r\nContent-Type: {ATTACHMENT}\r\nContent-ID: <attached>\r\n\r\n")


AFTER_ATTACHMENT = f"\r\n--{BOUNDARY}--\r\n"


def text_of(answer, name):
    """The text of an element of the backend's answer; empty when there is none."""
    found = re.search(rf"<b:{name}>([^<]*)</b:{name}>", answer)
    return found.group(1) if found else ""
