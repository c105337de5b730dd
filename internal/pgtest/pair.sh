# Runs a primary and a synchronous standby in the directory $2, with the programs in $1,
# until standard input ends. The line "failover" there kills the primary and promotes the
# standby, "restart" kills the primary and starts it again. Says "ready" and "done", or what went wrong.
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
	"$bin/pg_ctl" -D "$dir/data-$1" -w -t 60 -l "$log" -o "-k $dir/$1 -h '' -N 200" start >>"$dir/out" 2>&1
}
# Its other processes end when they notice, each as soon as its statement is done. Before that it can't be started.
kill_primary() {
	pid=$(head -n 1 "$dir/data-$primary/postmaster.pid") && kill -9 "$pid" || fail "killing $primary"
}
restart() {
	for _ in $(seq 100); do
		! start "$primary" || return 0
		sleep 0.1
	done
	fail "starting $primary again"
}
sql() {
	"$bin/psql" -X -q -h "$dir/a" -U postgres -c "$1" >>"$log" 2>&1 || fail "$1"
}
"$bin/initdb" -D "$dir/data-a" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 || fail initdb
start a || fail "starting a"
"$bin/pg_basebackup" -h "$dir/a" -U postgres -D "$dir/data-b" -R -X stream -c fast >>"$log" 2>&1 || fail pg_basebackup
start b || fail "starting b"
# Set after the copy was made: the standby, once promoted, waits for nobody.
sql "ALTER SYSTEM SET synchronous_standby_names = '*'"
sql "SELECT pg_reload_conf()"
primary=a
echo ready
while read -r order; do
	case $order in
	failover)
		kill_primary
		primary=b
		"$bin/pg_ctl" -D "$dir/data-b" -w -t 60 promote >>"$log" 2>&1 || fail promote
		;;
	restart)
		kill_primary
		restart
		;;
	*) fail "the order $order" ;;
	esac
	echo done
done
