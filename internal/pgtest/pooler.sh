# Runs PgBouncer in the directory $2 with its configuration there, by the program in $1, until standard
# input ends. Says "ready", or what went wrong.
bouncer=$1 dir=$2
pid=
cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	cd / && rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
cat >"$dir/pgbouncer.ini" <<INI
[databases]
* = $3
[pgbouncer]
pool_mode = transaction
auth_type = any
listen_addr =
listen_port = 5432
unix_socket_dir = $dir
INI
"$bouncer" "$dir/pgbouncer.ini" >"$dir/log" 2>&1 &
pid=$!
for _ in $(seq 200); do
	[ -S "$dir/.s.PGSQL.5432" ] && echo ready && cat >/dev/null && exit
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
echo "pgbouncer failed:"
tail -n 20 "$dir/log"
