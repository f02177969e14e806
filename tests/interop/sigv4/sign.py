#!/usr/bin/python3
"""Sends a request that botocore has signed, with the service's own model.

  sign.py URL ID SECRET {post|get|delete} CONNECTION-ID [token]
"""
import sys

import botocore.config
import botocore.exceptions
import botocore.session

url, key, secret, verb, connection = sys.argv[1:6]
token = sys.argv[6] if len(sys.argv) > 6 else None
client = botocore.session.get_session().create_client(
    'apigatewaymanagementapi', region_name='eu-west-1', endpoint_url=url,
    aws_access_key_id=key, aws_secret_access_key=secret,
    aws_session_token=token,
    config=botocore.config.Config(retries={'total_max_attempts': 1}))
try:
    if verb == 'post':
        client.post_to_connection(ConnectionId=connection, Data=b'{"n":1}')
    elif verb == 'get':
        client.get_connection(ConnectionId=connection)
    else:
        client.delete_connection(ConnectionId=connection)
except botocore.exceptions.ClientError as error:
    sys.exit(f'{error}')
