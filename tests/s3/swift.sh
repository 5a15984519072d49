#!/bin/bash
# OpenStack Swift with its s3api on loopback, as an unprivileged user: swift.sh start|stop FOLDER [PORT]
# Four ports from PORT on are taken. `start` prints the endpoint; `stop` removes the folder.
set -euo pipefail

action=$1 folder=$2 port=${3:-8085}
readonly ACCESS=test:tester SECRET=testing

ring() { # account|container|object port
    swift-ring-builder "$folder/etc/$1.builder" create 4 1 1
    swift-ring-builder "$folder/etc/$1.builder" add --region 1 --zone 1 --ip 127.0.0.1 --port "$2" --device d1 --weight 1
    swift-ring-builder "$folder/etc/$1.builder" rebalance
    cat >"$folder/etc/$1.conf" <<TEXT
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
user = nobody
swift_dir = $folder/etc
devices = $folder/dev
mount_check = false
workers = 1
log_level = WARNING
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
replication_server = false
TEXT
}

filters() { # name...
    local name
    for name; do
        printf '[filter:%s]\nuse = egg:swift#%s\n' "$name" "${name//-/_}"
    done
}

proxy() {
    cat <<TEXT
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
user = nobody
swift_dir = $folder/etc
workers = 1
log_level = WARNING
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl s3api tempauth copy slo dlo versioned_writes proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:tempauth]
use = egg:swift#tempauth
user_${ACCESS/:/_} = $SECRET .admin
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
dns_compliant_bucket_names = false
check_bucket_owner = false
storage_domain = localhost
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$((port + 4))
TEXT
    filters catch_errors gatekeeper healthcheck proxy-logging listing_formats bulk tempurl copy slo dlo versioned_writes
}

start() {
    mkdir -p "$folder"/{etc,dev/d1,log}
    printf '[swift-hash]\nswift_hash_path_prefix = zoe\nswift_hash_path_suffix = zoe\n[storage-policy:0]\nname = gold\ndefault = yes\n' >"$folder/etc/swift.conf"
    {
        ring account $((port + 1))
        ring container $((port + 2))
        ring object $((port + 3))
    } >"$folder/log/rings"
    proxy >"$folder/etc/proxy.conf"
    chown -R nobody "$folder"
    local server
    for server in account container object proxy; do
        SWIFT_DIR=$folder/etc setsid "swift-$server-server" "$folder/etc/$server.conf" >"$folder/log/$server.log" 2>&1 </dev/null &
        echo $! >>"$folder/log/pids"
    done
    for _ in $(seq 300); do
        curl -sf -o /dev/null "http://127.0.0.1:$port/healthcheck" && break
        sleep 0.1
    done
    curl -sf -o /dev/null "http://127.0.0.1:$port/healthcheck" || { cat "$folder"/log/*.log >&2; exit 1; }
    echo "http://127.0.0.1:$port $ACCESS $SECRET"
}

stop() {
    local pid
    while read -r pid; do
        # Each leads a session of its own, with its workers.
        kill -- "-$pid" 2>/dev/null || true
    done <"$folder/log/pids"
    rm -rf "$folder"
}

case $action in
start) start ;;
stop) stop ;;
*) exit 64 ;;
esac
