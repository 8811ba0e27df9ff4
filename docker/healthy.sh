#!/bin/bash
# What the container's health check runs: 0 while the gateway serves. The image has no curl; bash can ask itself.
# Usage: healthy [PORT]      (the admin API's, on the loopback address; 9901)
exec 3<> "/dev/tcp/127.0.0.1/${1:-9901}" || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
IFS= read -r -t 2 answer <&3 && [[ $answer == 'HTTP/1.1 200 '* ]]
