#!/bin/bash
# curl "$B/groups/$G/serverless/$N/backup/snapshots"
: 'curl https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b'
echo "GET https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
printf '%s\n' "/groups/a/serverless/b/backup/snapshots"
log_info "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
if [ "$url" = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b" ]; then exit; fi
[[ $path == /groups/a/serverless/b ]] && exit
case "$path" in /groups/a/serverless/b) ;; esac
curl "https://api.vercel.com/groups/$G/serverless/$N/backup/snapshots"
curl "$B/groups/$G/flexClusters/$N/backup/snapshots"
curl "$B/groups/$G/clusters/$N/backup/snapshots"
curl https://example.com/serverless/backup
cd groups/a/serverless
ls groups/a/serverless/b/backup
cp -r serverless/backup/snapshots /tmp
assert_output "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
jq '.links[] | select(.href == "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")' x.json
sed -i "s#https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b#x#" README.md
