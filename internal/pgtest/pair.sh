# Runs a primary and a synchronous standby in the directory $2, with the programs in $1,
# until standard input ends. The line "failover" there kills the primary and promotes the
# standby. Says "ready" and "done", or what went wrong.
# $2 is passed on as it is and must hold no spaces or quotes: pg_ctl splits -o itself.
bin=$1 dir=$2 log=$2/log
cleanup() {
	for node in a b; do
		"$bin/pg_ctl" -D "$dir/data-$node" -m immediate stop >>"$log" 2>&1
	done
	cd / && rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
fail() {
	echo "$1 failed:"
	tail -n 20 "$log"
	exit 1
}
start() {
	mkdir -p "$dir/$1"
	"$bin/pg_ctl" -D "$dir/data-$1" -w -t 60 -l "$log" -o "-k $dir/$1 -h '' -N 200" start >>"$dir/out" 2>&1 || fail "starting $1"
}
sql() {
	"$bin/psql" -X -q -h "$dir/a" -U postgres -c "$1" >>"$log" 2>&1 || fail "$1"
}
"$bin/initdb" -D "$dir/data-a" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 || fail initdb
start a
"$bin/pg_basebackup" -h "$dir/a" -U postgres -D "$dir/data-b" -R -X stream -c fast >>"$log" 2>&1 || fail pg_basebackup
start b
# Set after the copy was made: the standby, once promoted, waits for nobody.
sql "ALTER SYSTEM SET synchronous_standby_names = '*'"
sql "SELECT pg_reload_conf()"
echo ready
while read -r order; do
	[ "$order" = failover ] || fail "the order $order"
	kill -9 "$(head -n 1 "$dir/data-a/postmaster.pid")" || fail kill
	"$bin/pg_ctl" -D "$dir/data-b" -w -t 60 promote >>"$log" 2>&1 || fail promote
	echo done
done
