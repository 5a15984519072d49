#!/bin/bash
# A real Ceph S3 gateway on loopback, as an unprivileged user: radosgw.sh start|wipe FOLDER [PORT]
# Its objects live in memory and are gone at its end. PORT and the next one are taken. `start` prints the endpoint.
# RGW_ADDRESS: where it listens instead of the loopback.
set -euo pipefail

action=$1 folder=$2 port=${3:-7480} address=${RGW_ADDRESS:-127.0.0.1}
readonly ACCESS=testaccesskey SECRET=testsecretkey0123456789

as_nobody() {
    setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"
}

ceph_do() {
    as_nobody ceph -c "$folder/ceph.conf" "$@"
}

wait_for() { # command...
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    echo "radosgw.sh: waited too long for: $*" >&2
    return 1
}

settings() {
    local id
    id=$(cat /proc/sys/kernel/random/uuid)
    cat <<TEXT
[global]
fsid = $id
mon host = v2:127.0.0.1:$((port + 1))/0
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $folder/keyring
run dir = $folder/run
admin socket = $folder/run/\$name.sock
pid file = $folder/run/\$name.pid
log file = $folder/log/\$name.log
crash dir = $folder/log
mon data = $folder/mon
osd data = $folder/osd
osd objectstore = memstore
memstore device bytes = 2147483648
memstore page set = false
osd journal size = 0
osd class load list = *
osd class default list = *
osd class dir = /usr/lib/x86_64-linux-gnu/rados-classes
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 0
mon osd full ratio = .99
mon osd nearfull ratio = .98
setuser match path = $folder/none
rgw data = $folder/rgw
rgw enable usage log = false
rgw frontends = beast endpoint=$address:$port
rgw dns name = localhost
rgw enable static website = false
rgw run sync thread = false
rgw enable quota threads = false
rgw enable gc threads = true
TEXT
}

keyring() {
    as_nobody ceph-authtool --create-keyring "$folder/keyring" --gen-key -n mon. --cap mon 'allow *'
    as_nobody ceph-authtool "$folder/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
    as_nobody ceph-authtool "$folder/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
    as_nobody ceph-authtool "$folder/keyring" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx'
}

monitor() {
    as_nobody monmaptool --create --addv a "[v2:127.0.0.1:$((port + 1))]" --fsid "$fsid" "$folder/monmap"
    as_nobody ceph-mon -c "$folder/ceph.conf" --mkfs -i a --monmap "$folder/monmap" --keyring "$folder/keyring"
    as_nobody ceph-mon -c "$folder/ceph.conf" -i a
    wait_for timeout 5 setpriv --reuid nobody --regid nogroup --clear-groups ceph -c "$folder/ceph.conf" mon stat
}

storage() {
    local id
    id=$(cat /proc/sys/kernel/random/uuid)
    ceph_do osd new "$id"
    ceph_do auth import -i "$folder/keyring"
    as_nobody ceph-osd -c "$folder/ceph.conf" -i 0 --mkfs --osd-uuid "$id"
    as_nobody ceph-osd -c "$folder/ceph.conf" -i 0
    wait_for sh -c "setpriv --reuid nobody --regid nogroup --clear-groups ceph -c '$folder/ceph.conf' osd stat | grep -q '1 up'"
}

start() {
    mkdir -p "$folder"/{mon,osd,rgw,run,log}
    settings >"$folder/ceph.conf"
    chown -R nobody "$folder"
    fsid=$(sed -n 's/^fsid = //p' "$folder/ceph.conf")
    {
        keyring
        monitor
        storage
        as_nobody radosgw -c "$folder/ceph.conf" -n client.rgw
        wait_for curl -sf -o /dev/null "http://$address:$port/"
        as_nobody radosgw-admin -c "$folder/ceph.conf" user create --uid=test --display-name=test --access-key="$ACCESS" --secret="$SECRET"
    } >"$folder/start.log" 2>&1 || { cat "$folder/start.log" >&2; exit 1; }
    echo "http://$address:$port"
}

wipe() {
    local name pid
    for name in client.rgw osd.0 mon.a; do
        pid=$(cat "$folder/run/$name.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$folder"
}

case $action in
start) start ;;
wipe) wipe ;;
*) exit 64 ;;
esac
