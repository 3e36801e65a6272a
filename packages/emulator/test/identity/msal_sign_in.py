"""Signs in with MSAL for Python as it comes. What it needs to know of the emulator is in its environment: HTTPS_PROXY and
REQUESTS_CA_BUNDLE. Reads an order from standard input, prints the address to open, reads what came back, prints the result."""

import json
import sys

import msal


def say(value):
    print(json.dumps(value), flush=True)


order = json.loads(sys.stdin.readline())
app = msal.ConfidentialClientApplication(
    order["client_id"],
    client_credential=order["secret"],
    authority=order["authority"],
    **order.get("options", {}),
)
flow = app.initiate_auth_code_flow(order["scopes"], redirect_uri=order["redirect_uri"])
say({"auth_uri": flow["auth_uri"]})
result = app.acquire_token_by_auth_code_flow(flow, json.loads(sys.stdin.readline()))
if "error" in result:
    say(result)
    sys.exit(1)
account = app.get_accounts()[0]
cached = app.acquire_token_silent(order["scopes"], account=account)
refreshed = app.acquire_token_silent(order["scopes"], account=account, force_refresh=True)
say(
    {
        "claims": result["id_token_claims"],
        "access_token": result["access_token"],
        "cached": cached["access_token"] == result["access_token"],
        "refreshed": refreshed["access_token"] != result["access_token"],
        "home_account_id": account["home_account_id"],
    }
)
