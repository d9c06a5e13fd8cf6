"""Call the API with a client certificate: python examples/client.py [NAME]."""

import os
import sys

import requests

name = sys.argv[1] if len(sys.argv) > 1 else "billing"
response = requests.get(
    f"https://localhost:{os.environ.get('ALB_PORT', '8443')}/whoami",
    cert=(f".pki/clients/{name}.pem", f".pki/clients/{name}.key"),
    verify=".pki/ca.pem",
    timeout=10,
)
print(response.status_code, response.text)
