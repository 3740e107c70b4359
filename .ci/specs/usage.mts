// Uses what openapi-typescript makes of two specs, with openapi-fetch, on the address that the
// environment has for each API: as form and as JSON, with credentials in the body and in a header.

import createClient from "openapi-fetch";

import type { paths as Kiwivm } from "./kiwivm.ts";
import type { paths as VpsOrg } from "./vps-org.ts";

// In place of Node's types.
declare const process: { env: Record<string, string | undefined> };

const kiwivm = createClient<Kiwivm>({ baseUrl: `http://${process.env.PRISM_KIWIVM}` });
const info = await kiwivm.POST("/getServiceInfo", {
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: { veid: 1234567, api_key: "private_EXAMPLE" },
});
const ram: number | undefined = info.data?.plan_ram;
if (info.data?.error !== 0 || ram === undefined) {
  throw new Error(`kiwivm answers ${info.response.status}`);
}

const vpsOrg = createClient<VpsOrg>({
  baseUrl: `http://${process.env.PRISM_VPS_ORG}`,
  headers: { Authorization: "Bearer vps_EXAMPLE" },
});
const domain = await vpsOrg.GET("/domains/{domain_id}/", { params: { path: { domain_id: 2207 } } });
const name: string | undefined = domain.data?.domain_name;
if (name === undefined) {
  throw new Error(`vps-org answers ${domain.response.status}`);
}

console.log(`TypeScript: ${ram} bytes of RAM, and ${name}`);
