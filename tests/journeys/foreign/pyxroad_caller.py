"""What pyxroad sees of the bus: run with a Python that has it. Takes a file of JSON (see foreign.py), prints one object.

pyxroad as it comes asks its server for a WSDL at /wsdl?…, which no X-Road 7.8 server serves, and sends messages to the
address in the WSDL with its server as HTTP proxy, which ours refuses to be (threats, absolute targets). It takes a transport
from its caller, so ours gives it the WSDL that getWsdl gave, and sends straight to the server. pyxroad itself is unmodified."""

import json
import sys
from pathlib import Path

from XRoad import XClient
from zeep.exceptions import Fault
from zeep.transports import Transport

told = json.loads(Path(sys.argv[1]).read_text())


class Straight(Transport):
    def load(self, url):
        return Path(told["wsdl"]).read_bytes() if "/wsdl?" in url else super().load(url)

    def post(self, address, message, headers):
        self.session.proxies.clear()
        return super().post(told["url"], message, headers)


def client(service):
    return XClient(ssu=told["url"], client=told["client"], service=f"{told['provider']}/{service}", transport=Straight())


def fault_of(one, **parameters):
    try:
        one.request(**parameters)
    except Fault as fault:
        return str(fault)
    return None


getting = client("getGrant/v1")
answer = getting.request(xroad_id="pyxroad-1", identityNumber=told["person"])
print(json.dumps({"kind": answer["body"]["grant"]["kind"], "id": answer["header"]["id"],
                  "no_grant": fault_of(getting, identityNumber=told["nobody"])}))
