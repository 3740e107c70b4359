"""Uses what openapi-python-client makes of two specs, on the address that the environment has for
each API: as form and as JSON, with credentials in the body and in a header."""

import os

from kiwi_vm_client import Client
from kiwi_vm_client.api.service import get_service_info
from kiwi_vm_client.models import Credentials
from vps_org_client import AuthenticatedClient
from vps_org_client.api.domains import get_domain
from vps_org_client.models import DomainDetails

client = Client(base_url=f"http://{os.environ['PRISM_KIWIVM']}")
credentials = Credentials(veid=1234567, api_key="private_EXAMPLE")
info = get_service_info.sync(client=client, body=credentials)
if info is None or info.error != 0 or not isinstance(info.plan_ram, int):
    raise SystemExit(f"kiwivm answers {info}")

account = AuthenticatedClient(
    base_url=f"http://{os.environ['PRISM_VPS_ORG']}", token="vps_EXAMPLE"
)
domain = get_domain.sync(2207, client=account)
if not isinstance(domain, DomainDetails) or not isinstance(domain.domain_name, str):
    raise SystemExit(f"vps-org answers {domain}")

print(f"Python: {info.plan_ram} bytes of RAM, and {domain.domain_name}")
