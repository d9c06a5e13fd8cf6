"""The truststore publisher: a custom resource of CloudFormation, packed with truststore.pem.

It is a package of its own, `publisher`, in the function's zip: it imports nothing of the rest.
"""
