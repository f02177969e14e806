#!/bin/sh
# run.sh SCRIPT ARGS...: runs one of the scripts here; 77, skipped, where it
# cannot run.
here=$(dirname "$0")
. "$here/../need.sh"
need_node aws-sdk
need_node @aws-sdk/client-apigatewaymanagementapi
need_node ws
script=$1
shift
export AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1
exec node "$here/$script" "$@"
